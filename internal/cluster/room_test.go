package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// dataNode is a node's part of an answer to GET /_nodes/stats.
func dataNode(id string, heap, disk, available int64) string {
	return fmt.Sprintf(`"%s":{"name":"%[1]s","roles":["data","master"],"jvm":{"mem":{"heap_max_in_bytes":%d,"heap_used_percent":40}},`+
		`"fs":{"total":{"total_in_bytes":%d,"available_in_bytes":%d}},"thread_pool":{"write":{"threads":2,"active":0,"queue":0,"rejected":0}}}`, id, heap, disk, available)
}

// TestRoom: what a run makes of new indices and bytes is compared with what the
// cluster has, and refused or warned of before anything is indexed.
func TestRoom(t *testing.T) {
	const gb = int64(1e9)
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	missing := `{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}`
	for _, c := range []struct {
		name     string
		days     int
		nodes    []string
		shards   int
		settings string // of the cluster
		template string // somebody's own
		ours     run.Settings
		expected run.Expected
		room     run.Room
		fault    string
		warns    string
	}{
		{
			name: "plenty", days: 3, nodes: []string{dataNode("a", 16<<30, 1000*gb, 900*gb), dataNode("b", 16<<30, 1000*gb, 900*gb)}, shards: 10,
			expected: run.Expected{Documents: 1000, Bytes: 10 * gb},
			room:     run.Room{DataNodes: 2, Shards: 10, MaxShards: 2000, AdvisedShards: 800, NewIndices: 3, NewShards: 6, FreeBytes: 1700 * gb, NewBytes: 30 * gb},
		},
		{
			name: "as many shards as may be", days: 10, nodes: []string{dataNode("a", 64<<30, 1000*gb, 900*gb)}, shards: 980,
			room: run.Room{DataNodes: 1, Shards: 980, MaxShards: 1000, AdvisedShards: 1600, NewIndices: 10, NewShards: 20, FreeBytes: 850 * gb},
		},
		{
			name: "one too many", days: 10, nodes: []string{dataNode("a", 64<<30, 1000*gb, 900*gb)}, shards: 981,
			fault: "10 new indices of 1 shards and 1 copies of each make 20 shards, but the cluster has 981 of the 1000",
		},
		{
			name: "a higher limit", days: 10, nodes: []string{dataNode("a", 64<<30, 1000*gb, 900*gb)}, shards: 981, settings: `{"cluster":{"max_shards_per_node":"1500"}}`,
			room: run.Room{DataNodes: 1, Shards: 981, MaxShards: 1500, AdvisedShards: 1600, NewIndices: 10, NewShards: 20, FreeBytes: 850 * gb},
		},
		{
			name: "more than the heap is good for", days: 10, nodes: []string{dataNode("a", 2<<30, 1000*gb, 900*gb)}, shards: 41,
			room:  run.Room{DataNodes: 1, Shards: 41, MaxShards: 1000, AdvisedShards: 50, NewIndices: 10, NewShards: 20, FreeBytes: 850 * gb},
			warns: "with those that are there 51 will lie on nodes whose heap is good for 50 (25 a GiB)",
		},
		{
			name: "a template with more shards", days: 10, nodes: []string{dataNode("a", 8<<30, 1000*gb, 900*gb)}, template: `"number_of_shards":"5","number_of_replicas":"2"`,
			room: run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 10, NewShards: 150, FreeBytes: 850 * gb},
		},
		{
			name: "our own setting", days: 10, nodes: []string{dataNode("a", 8<<30, 1000*gb, 900*gb)}, ours: run.Settings{Shards: 3, Replicas: 0},
			room: run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 10, NewShards: 30, FreeBytes: 850 * gb},
		},
		{
			name: "a disk that half of it would fill", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 50*gb)},
			expected: run.Expected{Documents: 1000, Bytes: 61 * gb},
			fault:    "about 91.5 GB are expected, copies included, but the disks have 45.0 GB before their flood stage",
		},
		{
			name: "a disk that it would nearly fill", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 50*gb)},
			expected: run.Expected{Documents: 1000, Bytes: 30 * gb},
			room:     run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 1, NewShards: 2, FreeBytes: 45 * gb, NewBytes: 45 * gb},
			warns:    "about 45.0 GB are expected, copies included, of the 45.0 GB",
		},
		{
			name: "a copy takes as much", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 50*gb), dataNode("b", 8<<30, 100*gb, 50*gb)},
			expected: run.Expected{Documents: 1000, Bytes: 61 * gb},
			fault:    "about 183.0 GB are expected, copies included, but the disks have 90.0 GB",
		},
		{
			name: "a disk over its flood stage", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 4*gb)},
			expected: run.Expected{Documents: 1000, Bytes: gb}, fault: "the disks have 0.0 MB before their flood stage",
		},
		{
			name: "a watermark in bytes", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 50*gb)}, settings: `{"cluster":{"routing":{"allocation":{"disk":{"watermark":{"flood_stage":"1gb"}}}}}}`,
			room: run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 1, NewShards: 2, FreeBytes: 50*gb - 1<<30},
		},
		{
			name: "a large disk with a headroom", days: 1, nodes: []string{dataNode("a", 8<<30, 10_000*gb, 5000*gb)}, settings: `{"cluster":{"routing":{"allocation":{"disk":{"watermark":{"flood_stage":"95%","flood_stage.max_headroom":"100gb"}}}}}}`,
			room: run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 1, NewShards: 2, FreeBytes: 5000*gb - 100<<30},
		},
		{
			name: "a node without data", days: 1, nodes: []string{dataNode("a", 8<<30, 100*gb, 50*gb), strings.ReplaceAll(dataNode("m", 8<<30, 100*gb, 50*gb), `"data",`, "")},
			room: run.Room{DataNodes: 1, MaxShards: 1000, AdvisedShards: 200, NewIndices: 1, NewShards: 2, FreeBytes: 45 * gb},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			says := sayings()
			if c.settings != "" {
				says["GET /_cluster/settings"] = `{"persistent":` + c.settings + `,"transient":{},"defaults":{"action":{"auto_create_index":"true"}}}`
			}
			says["GET /_nodes/stats/jvm,fs,thread_pool"] = `{"nodes":{` + strings.Join(c.nodes, ",") + `}}`
			says["GET /_cluster/health"] = fmt.Sprintf(`{"active_shards":%d,"initializing_shards":0,"unassigned_shards":0}`, c.shards)
			says["POST /_msearch"] = `{"responses":[` + strings.Join(slices.Repeat([]string{missing}, 2*c.days), ",") + `]}`
			var names []string
			for i := range c.days {
				names = append(names, day.AddDate(0, 0, i).Format("p-2006-01-02"))
				says["POST /_index_template/_simulate_index/"+names[i]] = `{"template":{"settings":{"index":{` + c.template + `}},"mappings":{}}}`
			}
			says["GET /"+strings.Join(names, ",")] = `{}`
			says["POST /"+strings.Join(names, ",")+"/_refresh"] = `{"_shards":{"total":0,"successful":0,"failed":0}}`
			if c.template != "" {
				says["GET /_index_template"] = `{"index_templates":[{"name":"own","index_template":{"index_patterns":["p-*"],"priority":5}}]}`
			}
			if c.ours.Shards == 0 {
				c.ours = run.Settings{Shards: -1, Replicas: -1}
			}
			c.ours.IndexPrefix, c.ours.Zone, c.ours.LoadReplicas = "p", time.UTC, -1
			plan := run.Plan{From: day, To: day.AddDate(0, 0, c.days), Expected: c.expected}
			prepared, asked, err := prepareWith(t, says, c.ours, plan)
			if c.fault != "" {
				wantFault(t, err, run.UnusableCluster, c.fault)
				if slices.Contains(asked, "PUT /_index_template/rehydrate-p") {
					t.Error("the template was put for a run that cannot be")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.room.HeapPercent, c.room.WriteThreads = 40, 2
			if prepared.Room == nil || *prepared.Room != c.room {
				t.Errorf("room %+v\nwant %+v", prepared.Room, c.room)
			}
			warned := strings.Join(slices.DeleteFunc(prepared.Warnings, func(w string) bool { return strings.Contains(w, "template own") }), "\n")
			if !strings.Contains(warned, c.warns) || c.warns == "" && warned != "" {
				t.Errorf("warnings %q, want %q", warned, c.warns)
			}
			plan.PlanOnly = true
			if _, asked, err = prepareWith(t, says, c.ours, plan); err != nil || slices.Contains(asked, "PUT /_index_template/rehydrate-p") {
				t.Errorf("a plan asks %q, %v", asked, err)
			}
		})
	}
}

// TestRoomOfAnAmazonDomain: its default is five primaries.
func TestRoomOfAnAmazonDomain(t *testing.T) {
	c := &Cluster{}
	primaries, copies, err := c.shape(t.Context(), run.Settings{Shards: -1, Replicas: -1, Search: run.Search{Auth: "sigv4"}}, templates{ours: "rehydrate-p"}, "p-2018-12-10")
	if primaries != 5 || copies != 1 || err != nil {
		t.Errorf("%d primaries, %d copies, %v", primaries, copies, err)
	}
}

// TestWhatIsThereTakesNoRoom: a run over what is indexed already makes nothing new.
func TestWhatIsThereTakesNoRoom(t *testing.T) {
	n := int64(750)
	b := before{counts: []run.IndexCount{{Index: "a", Documents: &n}, {Index: "b"}}}
	for expected, want := range map[int64]float64{1000: 0.25, 750: 0, 100: 0, 0: 1} {
		if got := missingShare(run.Plan{Expected: run.Expected{Documents: expected}}, b); got != want {
			t.Errorf("of %d expected documents %v are missing, want %v", expected, got, want)
		}
	}
}
