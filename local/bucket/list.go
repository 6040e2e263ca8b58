package bucket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
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
	l := lister{folder: f, after: page.Marker, limit: int(page.MaxKeys), list: gofakes3.NewObjectList()}
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
	if start != "." {
		if info, err := fs.Stat(f.files, start); invalidKey(start) != nil || gone(err) || err == nil && !info.IsDir() {
			return l.list, nil
		} else if err != nil {
			return nil, unreadable(start, err)
		}
	}
	if _, err := l.walk(start); err != nil {
		return nil, err
	}
	return l.list, nil
}

// beyond stands after a common prefix in a marker: greater than any key below
// it, less than any key after it, since no UTF-8 holds this byte.
const beyond = "\xff"

// lister collects one page while it walks a folder in key order.
type lister struct {
	folder                   *folder
	prefix, delimiter, after string
	limit, n                 int
	list                     *gofakes3.ObjectList
	rolled                   string // the last common prefix
	last                     string // marker of the last item
}

// walk adds what lies in dir, until it returns true: the page is full. Links are
// followed inside the bucket's folder; a circle of them ends in the system's
// error.
func (l *lister) walk(dir string) (full bool, err error) {
	names, err := l.folder.names(dir)
	if err != nil {
		return false, err
	}
	here := l.folder.enter(dir)
	defer here.leave()
	begin := keyPrefix(dir)
	for i := l.first(begin, names); i < names.len(); i++ {
		name := names.at(i)
		key := begin + name
		switch {
		case key > l.prefix && !strings.HasPrefix(key, l.prefix):
			return false, nil
		case l.skips(key):
			continue
		case !utf8.ValidString(key):
			return false, gofakes3.ErrorMessage(gofakes3.ErrInvalidRequest, fmt.Sprintf("the file name %q is not UTF-8 and cannot be a key", key))
		}
		if dir, ok := strings.CutSuffix(key, "/"); ok {
			full, err = l.walk(dir)
		} else {
			full, err = l.file(key, name, here)
		}
		if full || err != nil {
			return full, err
		}
	}
	return false, nil
}

// first is where what is wanted of the names in a folder, whose keys begin with
// begin, may itself begin.
func (l *lister) first(begin string, n names) int {
	from, inside := strings.CutPrefix(max(l.prefix, l.after), begin)
	switch {
	case inside:
	case from < begin:
		return 0
	default:
		return n.len()
	}
	i := sort.Search(n.len(), func(i int) bool { return n.at(i) >= from })
	if i > 0 && strings.HasSuffix(n.at(i-1), "/") && strings.HasPrefix(from, n.at(i-1)) {
		i-- // it lies in that folder
	}
	return i
}

// file adds a key if it is that of a regular file which is still there, by that name
// inside of a folder.
func (l *lister) file(key, name string, folder inside) (full bool, err error) {
	info, err := folder.stat(key, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, unreadable(key, err)
	case !info.Mode().IsRegular():
		return false, nil
	}
	return l.add(key, info), nil
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
