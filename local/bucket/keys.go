package bucket

import (
	"errors"
	"io/fs"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	// crowded is how many keys make it worth while to keep a folder's.
	crowded = 5000
	// mostKept keys are kept in all, some 100 bytes each.
	mostKept = 400_000
	// settled is how long ago a folder must have changed for the time of its next
	// change to be another: clocks of file systems are coarse.
	settled = 2 * time.Second
)

// known keeps the keys of crowded folders, so that a listing reads such a folder
// once and not once a page. A folder that has changed since is read again.
type known struct {
	mu      sync.Mutex
	folders []listedFolder // the last to be used is the last
	total   int
}

type listedFolder struct {
	dir     string
	changed time.Time
	keys    []string
}

// keys are those of what lies in dir, in order. That of a folder, or of a link to
// one, ends in a slash and sorts so: "a-b" comes before "a/b".
func (f *folder) keys(dir string) ([]string, error) {
	info, err := fs.Stat(f.files, dir)
	if gone(err) {
		return nil, nil // removed meanwhile
	}
	if err != nil {
		return nil, unreadable(dir, err)
	}
	if keys := f.known.find(dir, info.ModTime()); keys != nil {
		return keys, nil
	}
	entries, err := fs.ReadDir(f.files, dir)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(dir, err)
	}
	lasting := time.Since(info.ModTime()) > settled
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		key := e.Name()
		if dir != "." {
			key = dir + "/" + key
		} else if key == uploads {
			continue
		}
		folder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			lasting = false // what it leads to may change by itself
			target, err := fs.Stat(f.files, key)
			folder = err == nil && target.IsDir()
		}
		if folder {
			key += "/"
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if lasting && len(keys) > crowded {
		f.known.keep(listedFolder{dir, info.ModTime(), keys})
	}
	return keys, nil
}

// find gives the keys of dir if they were kept and it has not changed.
func (k *known) find(dir string, changed time.Time) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.folders, func(f listedFolder) bool { return f.dir == dir })
	if i < 0 {
		return nil
	}
	f := k.folders[i]
	k.folders = slices.Delete(k.folders, i, i+1)
	if !f.changed.Equal(changed) {
		k.total -= len(f.keys)
		return nil
	}
	k.folders = append(k.folders, f)
	return f.keys
}

// keep makes room for a folder by forgetting those that were not used longest.
func (k *known) keep(f listedFolder) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.folders = append(k.folders, f)
	k.total += len(f.keys)
	for k.total > mostKept && len(k.folders) > 1 {
		k.total -= len(k.folders[0].keys)
		k.folders = slices.Delete(k.folders, 0, 1)
	}
}

// gone tells whether err says that there is no such folder.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
