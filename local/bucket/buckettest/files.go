// Package buckettest makes the embedded S3 server behave as S3 does on a bad
// day, or hold more than a folder should: for tests.
package buckettest

import (
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Files is a file system that is computed: it gives the names in a folder, in
// any order, folders with a slash at their end; nil for one that is not there.
// The root is ".". A file holds its own path, and stands at each path that is no
// folder.
type Files func(folder string) []string

// Keys are Files at these paths.
func Keys(keys ...string) Files {
	folders := map[string][]string{".": {}}
	for _, key := range keys {
		dir, name := path.Split(key)
		for {
			dir = path.Clean(dir)
			known := folders[dir] != nil
			folders[dir] = append(folders[dir], name)
			if known {
				break
			}
			dir, name = path.Split(dir)
			name += "/"
		}
	}
	return func(folder string) []string { return folders[folder] }
}

// Open implements fs.FS.
func (f Files) Open(name string) (fs.File, error) {
	info, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	return &file{Reader: strings.NewReader(name), info: info}, nil
}

// Stat implements fs.StatFS.
func (f Files) Stat(name string) (fs.FileInfo, error) {
	if name == "." || f(name) != nil {
		return info{path: name, dir: true}, nil
	}
	return info{path: name}, nil
}

// ReadDir implements fs.ReadDirFS.
func (f Files) ReadDir(name string) ([]fs.DirEntry, error) {
	names := f(name)
	if names == nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries := make([]fs.DirEntry, len(names))
	for i, n := range names {
		plain, dir := strings.CutSuffix(n, "/")
		if name != "." {
			plain = name + "/" + plain
		}
		entries[i] = info{path: plain, dir: dir}
	}
	return entries, nil
}

type file struct {
	io.Reader
	info fs.FileInfo
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

// info is both a fs.FileInfo and a fs.DirEntry.
type info struct {
	path string
	dir  bool
}

func (i info) Name() string               { return path.Base(i.path) }
func (i info) Size() int64                { return int64(len(i.path)) }
func (i info) ModTime() time.Time         { return time.Unix(1544414264, 0) }
func (i info) IsDir() bool                { return i.dir }
func (i info) Sys() any                   { return nil }
func (i info) Type() fs.FileMode          { return i.Mode().Type() }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
