package steer

import (
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// busy is a cluster whose threads each work at one bulk request, of which a child has
// two under way; others wait, and are refused where too many do.
type busy struct {
	threads, queue int
	heap           int64
	rejected       int64
}

// room is what it looks like while so many children send.
func (b *busy) room(children int) run.Room {
	waiting := max(0, 2*children-b.threads)
	if over := waiting - b.queue; over > 0 {
		b.rejected += int64(over)
		waiting = b.queue
	}
	return run.Room{
		WriteThreads: int64(b.threads), WriteActive: int64(min(b.threads, 2*children)), WriteQueue: int64(waiting),
		HeapPercent: b.heap, Rejected: b.rejected,
	}
}

// govern judges n times, and gives the concurrency after each.
func govern(g *governor, b *busy, n int) (path []int, why string) {
	now := run.AutoStart
	for range n {
		for !g.add(b.room(now)) { // until it can judge
		}
		now, why = g.judge(now)
		path = append(path, now)
	}
	return path, why
}

// TestGovernorFindsWhatTheClusterTakes: all threads work and few requests wait, soon
// and from then on.
func TestGovernorFindsWhatTheClusterTakes(t *testing.T) {
	for _, c := range []struct {
		name        string
		cluster     busy
		most        int
		least, best int
		refused     int64 // at most, in all
	}{
		{"two threads, a long queue", busy{threads: 2, queue: 1000}, 100, 2, 4, 0},
		{"two threads, a queue of one", busy{threads: 2, queue: 1}, 100, 1, 1, 100},
		{"eight threads, a queue of four", busy{threads: 8, queue: 4}, 100, 4, 6, 100},
		{"thirty-two threads", busy{threads: 32, queue: 200}, 100, 16, 32, 0},
		{"more than may be", busy{threads: 500, queue: 1000}, 50, 50, 50, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, _ := govern(newGovernor(c.most), &c.cluster, 200)
			for i, n := range path {
				if i >= 10 && (n < c.least || n > c.best+1) {
					t.Errorf("judgement %d leads to %d, want %d to %d: %v", i, n, c.least, c.best, path[:i+1])
					break
				}
			}
			if c.cluster.rejected > c.refused {
				t.Errorf("%d requests were refused: %v", c.cluster.rejected, path)
			}
		})
	}
}

// TestGovernorSaysWhy: what is said of a change is what was seen.
func TestGovernorSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name  string
		rooms []run.Room
		now   int
		next  int
		says  string
	}{
		{"nothing to do", []run.Room{{WriteThreads: 2}, {WriteThreads: 2}, {WriteThreads: 2}}, 4, 8, "threads to spare"},
		{"nothing waiting", []run.Room{{WriteThreads: 2, WriteActive: 2}, {WriteThreads: 2}, {WriteThreads: 2, WriteActive: 2}}, 4, 5, "nothing waiting"},
		{"all threads at work", []run.Room{{WriteThreads: 2, WriteActive: 2}, {WriteThreads: 2, WriteActive: 2}, {WriteThreads: 2, WriteActive: 2}}, 4, 4, "enough to do"},
		{"enough", []run.Room{{WriteThreads: 2, WriteQueue: 2}, {WriteThreads: 2, WriteQueue: 3}, {WriteThreads: 2}}, 4, 4, "enough to do"},
		{"refusals", []run.Room{{WriteThreads: 2, Rejected: 7}, {WriteThreads: 2, Rejected: 7}, {WriteThreads: 2, Rejected: 18}}, 10, 7, "11 bulk requests were refused"},
		{"a few refusals", []run.Room{{WriteThreads: 2, Rejected: 7}, {WriteThreads: 2, Rejected: 9}, {WriteThreads: 2, Rejected: 10}}, 10, 10, "enough to do"},
		{"refusals of before", []run.Room{{WriteThreads: 2, Rejected: 7}, {WriteThreads: 2, Rejected: 7}, {WriteThreads: 2, Rejected: 7}}, 4, 8, "threads to spare"},
		{"a node that restarted", []run.Room{{WriteThreads: 2, Rejected: 7}, {WriteThreads: 2}, {WriteThreads: 2}}, 4, 8, "threads to spare"},
		{"a long queue", []run.Room{{WriteThreads: 2, WriteQueue: 8}, {WriteThreads: 2, WriteQueue: 0}, {WriteThreads: 2, WriteQueue: 9}}, 10, 7, "4 bulk requests wait for each thread"},
		{"heap that stays", []run.Room{{HeapPercent: 95}, {HeapPercent: 90}, {HeapPercent: 92}}, 10, 7, "90% of the heap"},
		{"heap that is collected", []run.Room{{HeapPercent: 95}, {HeapPercent: 40}, {HeapPercent: 92}}, 10, 20, "threads to spare"},
		{"much heap", []run.Room{{HeapPercent: 85}, {HeapPercent: 84}, {HeapPercent: 86}}, 10, 10, "84% of the heap"},
		{"never none", []run.Room{{HeapPercent: 95}, {HeapPercent: 95}, {HeapPercent: 95}}, 1, 1, "95% of the heap"},
	} {
		g := newGovernor(50)
		for _, r := range c.rooms {
			g.add(r)
		}
		if next, why := g.judge(c.now); next != c.next || !strings.Contains(why, c.says) {
			t.Errorf("%s: %d because %q, want %d because %q", c.name, next, why, c.next, c.says)
		}
	}
}
