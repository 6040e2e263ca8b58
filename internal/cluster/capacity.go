package cluster

import (
	"fmt"
	"strconv"
	"strings"
)

// capacity are the settings of a cluster that say how full it may be, as it writes
// them: numbers and sizes as strings.
type capacity struct {
	MaxShardsPerNode any `json:"max_shards_per_node"`
	Routing          struct {
		Allocation struct {
			Disk struct {
				ThresholdEnabled any `json:"threshold_enabled"`
				// Watermark has flood_stage and flood_stage.max_headroom beside others.
				Watermark map[string]any
			}
		}
	}
}

// take takes over what later has.
func (c *capacity) take(later capacity) {
	if later.MaxShardsPerNode != nil {
		c.MaxShardsPerNode = later.MaxShardsPerNode
	}
	disk, next := &c.Routing.Allocation.Disk, later.Routing.Allocation.Disk
	if next.ThresholdEnabled != nil {
		disk.ThresholdEnabled = next.ThresholdEnabled
	}
	for name, value := range next.Watermark {
		if disk.Watermark == nil {
			disk.Watermark = map[string]any{}
		}
		disk.Watermark[name] = value
		if name == "flood_stage" { // the default's headroom goes with the default
			delete(disk.Watermark, "flood_stage.max_headroom")
		}
	}
	if headroom, ok := next.Watermark["flood_stage.max_headroom"]; ok {
		disk.Watermark["flood_stage.max_headroom"] = headroom
	}
}

// maxShards is how many shards a data node may have.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/misc-cluster-settings.html#cluster-shard-limit
func (c capacity) maxShards() int64 {
	n, err := strconv.ParseInt(fmt.Sprint(c.MaxShardsPerNode), 10, 64)
	if err != nil {
		return 1000
	}
	return n
}

// floodFree is how many bytes of a disk have to stay free: with fewer, its indices
// become read-only. A watermark is a share of the disk, with a headroom that is
// enough of a large one, or an amount that stays free.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/modules-cluster.html#disk-based-shard-allocation
func (c capacity) floodFree(disk int64) int64 {
	d := c.Routing.Allocation.Disk
	if fmt.Sprint(d.ThresholdEnabled) == "false" {
		return 0
	}
	watermark, ok := d.Watermark["flood_stage"].(string)
	if !ok {
		watermark = "95%"
	}
	if bytes, ok := parseSize(watermark); ok {
		return bytes
	}
	share, err := strconv.ParseFloat(strings.TrimSuffix(watermark, "%"), 64)
	if strings.HasSuffix(watermark, "%") {
		share /= 100
	}
	if err != nil || share < 0 || share > 1 {
		share = 0.95
	}
	free := int64(float64(disk) * (1 - share))
	headroom, _ := d.Watermark["flood_stage.max_headroom"].(string)
	if most, ok := parseSize(headroom); ok && most >= 0 {
		free = min(free, most)
	}
	return free
}

// parseSize reads an amount such as 100gb, as Elasticsearch writes it.
func parseSize(s string) (bytes int64, ok bool) {
	s = strings.ToLower(s)
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"tb", 1 << 40}, {"pb", 1 << 50}, {"b", 1}} {
		if number, has := strings.CutSuffix(s, unit.name); has {
			n, err := strconv.ParseFloat(number, 64)
			return int64(n * unit.bytes), err == nil
		}
	}
	return 0, false
}
