package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rclone/gofakes3"
)

// ListBucket gives a page of keys and common prefixes in the order of their
// bytes, after the marker. It replaces gofakes3's own, which pages wrongly with
// a delimiter and drops a key after a marker that is no key.
func (b backend) ListBucket(_ context.Context, bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	f := b[bucket]
	if f == nil {
		return nil, gofakes3.BucketNotFound(bucket)
	}
	f.walks <- struct{}{}
	defer func() { <-f.walks }()
	l := lister{files: f.files, after: page.Marker, limit: int(page.MaxKeys), list: gofakes3.NewObjectList()}
	if rolled, ok := strings.CutSuffix(page.Marker, beyond); ok {
		l.rolled = rolled
	}
	if prefix != nil {
		l.prefix, l.delimiter = prefix.Prefix, prefix.Delimiter
	}
	if l.limit <= 0 {
		l.limit = gofakes3.DefaultMaxBucketKeys
	}
	start := "." // the deepest folder that holds all of the prefix
	if i := strings.LastIndexByte(l.prefix, '/'); i > 0 {
		start = l.prefix[:i]
	}
	if start == "." || invalidKey(start) == nil && isFolder(f.files, start) {
		if _, err := l.walk(start); err != nil {
			return nil, err
		}
	}
	return l.list, nil
}

func isFolder(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.IsDir()
}

// beyond stands after a common prefix in a marker: greater than any key below
// it, less than any key after it, since no UTF-8 holds this byte.
const beyond = "\xff"

// lister collects one page while it walks a folder in key order.
type lister struct {
	files                    fs.FS
	prefix, delimiter, after string
	limit, n                 int
	list                     *gofakes3.ObjectList
	rolled                   string // the last common prefix
	last                     string // marker of the last item
}

// walk adds what lies in dir, until it returns true: the page is full. Links are
// followed; a circle of them ends in the system's error.
func (l *lister) walk(dir string) (full bool, err error) {
	entries, err := l.entries(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if l.rolls(e.key) {
			continue
		}
		if !utf8.ValidString(e.key) {
			return false, gofakes3.ErrorMessage(gofakes3.ErrInvalidRequest, fmt.Sprintf("the file name %q is not UTF-8 and cannot be a key", e.key))
		}
		if dir, ok := strings.CutSuffix(e.key, "/"); ok {
			full, err = l.walk(dir)
		} else {
			full, err = l.file(e)
		}
		if full || err != nil {
			return full, err
		}
	}
	return false, nil
}

// file adds an entry if it is a regular file that is still there.
func (l *lister) file(e entry) (full bool, err error) {
	info, err := e.Info()
	if e.Type()&fs.ModeSymlink != 0 {
		info, err = fs.Stat(l.files, e.key)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, unreadable(e.key, err)
	case !info.Mode().IsRegular():
		return false, nil
	}
	return l.add(e.key, info), nil
}

// skips tells whether nothing at key, or below it where it ends in a slash, is
// wanted.
func (l *lister) skips(key string) bool {
	if !strings.HasSuffix(key, "/") {
		return !strings.HasPrefix(key, l.prefix) || key <= l.after || l.rolls(key)
	}
	return !strings.HasPrefix(key, l.prefix) && !strings.HasPrefix(l.prefix, key) ||
		key < l.after && !strings.HasPrefix(l.after, key) || l.rolls(key)
}

// rolls tells whether the last common prefix stands for key.
func (l *lister) rolls(key string) bool {
	return l.rolled != "" && strings.HasPrefix(key, l.rolled)
}

// add adds a key or its common prefix to the page, or tells that it is full.
func (l *lister) add(key string, info fs.FileInfo) (full bool) {
	if l.skips(key) {
		return false
	}
	if l.n == l.limit {
		l.list.IsTruncated, l.list.NextMarker = true, l.last
		return true
	}
	l.n++
	if l.delimiter != "" {
		if i := strings.Index(key[len(l.prefix):], l.delimiter); i >= 0 {
			l.rolled = key[:len(l.prefix)+i+len(l.delimiter)]
			l.last = l.rolled + beyond
			l.list.AddPrefix(l.rolled)
			return false
		}
	}
	l.last = key
	l.list.Add(&gofakes3.Content{
		Key: key, Size: info.Size(), ETag: quotedTag(info),
		LastModified: gofakes3.NewContentTime(info.ModTime()),
		StorageClass: gofakes3.StorageStandard,
	})
	return false
}

// entry has the key of a file, or of a folder or a link to one, which ends in a
// slash.
type entry struct {
	key string
	fs.DirEntry
}

// entries are those of dir that are wanted, in key order: a folder sorts by its name with a
// slash, so that "a-b" comes before "a/b".
func (l *lister) entries(dir string) ([]entry, error) {
	found, err := fs.ReadDir(l.files, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // removed meanwhile
	}
	if err != nil {
		return nil, unreadable(dir, err)
	}
	list := make([]entry, 0, len(found))
	for _, d := range found {
		e := entry{key: d.Name(), DirEntry: d}
		if dir != "." {
			e.key = dir + "/" + e.key
		} else if e.key == uploads {
			continue
		}
		if d.IsDir() || d.Type()&fs.ModeSymlink != 0 && isFolder(l.files, e.key) {
			e.key += "/"
		}
		if !l.skips(e.key) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return list, nil
}
