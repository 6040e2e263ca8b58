package bucket

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// crowded is how many names make it worth while to keep a folder's.
	crowded = 5000
	// mostKept bytes of names are kept in all: a million of Firehose's.
	mostKept = 128 << 20
	// settled is how long ago a folder must have changed for the time of its next
	// change to be another: clocks of file systems are coarse.
	settled = 2 * time.Second
)

// known keeps the names in crowded folders, so that a listing reads such a folder
// once and not once a page. A folder that has changed since is read again.
type known struct {
	mu      sync.Mutex
	folders []listedFolder // the last to be used is the last
	total   int
}

type listedFolder struct {
	dir     string
	changed time.Time
	names   names
}

// names are those of what lies in a folder, in order, packed: as strings they
// would take half as much again.
type names struct {
	text string
	ends []int
}

func packed(list []string) names {
	n := names{text: strings.Join(list, ""), ends: make([]int, len(list))}
	end := 0
	for i, name := range list {
		end += len(name)
		n.ends[i] = end
	}
	return n
}

func (n names) len() int { return len(n.ends) }

func (n names) at(i int) string {
	if i == 0 {
		return n.text[:n.ends[0]]
	}
	return n.text[n.ends[i-1]:n.ends[i]]
}

func (n names) bytes() int { return len(n.text) + 8*len(n.ends) }

// keyPrefix begins the keys of what lies in dir.
func keyPrefix(dir string) string {
	if dir == "." {
		return ""
	}
	return dir + "/"
}

// names are those of what lies in dir, in order. That of a folder, or of a link to
// one, ends in a slash and sorts so: "a-b" comes before "a/b".
func (f *folder) names(dir string) (names, error) {
	info, err := fs.Stat(f.files, dir)
	if gone(err) {
		return names{}, nil // removed meanwhile
	}
	if err != nil {
		return names{}, unreadable(dir, err)
	}
	if found, ok := f.known.find(dir, info.ModTime()); ok {
		return found, nil
	}
	entries, err := fs.ReadDir(f.files, dir)
	if gone(err) {
		return names{}, nil
	}
	if err != nil {
		return names{}, unreadable(dir, err)
	}
	lasting := time.Since(info.ModTime()) > settled
	list := make([]string, 0, len(entries))
	for _, e := range entries {
		name := e.Name()
		if dir == "." && name == uploads {
			continue
		}
		folder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			lasting = false // what it leads to may change by itself
			target, err := fs.Stat(f.files, keyPrefix(dir)+name)
			folder = err == nil && target.IsDir()
		}
		if folder {
			name += "/"
		}
		list = append(list, name)
	}
	slices.Sort(list)
	found := packed(list)
	if lasting && len(list) > crowded {
		f.known.keep(listedFolder{dir, info.ModTime(), found})
	}
	return found, nil
}

// find gives the names in dir if they were kept and it has not changed.
func (k *known) find(dir string, changed time.Time) (names, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.folders, func(f listedFolder) bool { return f.dir == dir })
	if i < 0 {
		return names{}, false
	}
	f := k.folders[i]
	k.folders = slices.Delete(k.folders, i, i+1)
	if !f.changed.Equal(changed) {
		k.total -= f.names.bytes()
		return names{}, false
	}
	k.folders = append(k.folders, f)
	return f.names, true
}

// keep makes room for a folder by forgetting those that were not used longest.
func (k *known) keep(f listedFolder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.folders = append(k.folders, f)
	k.total += f.names.bytes()
	for k.total > mostKept && len(k.folders) > 1 {
		k.total -= k.folders[0].names.bytes()
		k.folders = slices.Delete(k.folders, 0, 1)
	}
}

// gone tells whether err says that there is no such folder.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
