package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rclone/gofakes3"
)

// backend is what gofakes3 asks: the buckets by name.
type backend map[string]*folder

var (
	_ gofakes3.Backend          = backend{}
	_ gofakes3.MultipartBackend = backend{}
)

func (b backend) ListBuckets(context.Context) ([]gofakes3.BucketInfo, error) {
	var list []gofakes3.BucketInfo
	for name := range b {
		list = append(list, gofakes3.BucketInfo{Name: name, CreationDate: gofakes3.NewContentTime(time.Unix(0, 0))})
	}
	return list, nil
}

func (b backend) BucketExists(_ context.Context, name string) (bool, error) {
	return b[name] != nil, nil
}

func (b backend) CreateBucket(_ context.Context, name string) error {
	if b[name] != nil {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	return gofakes3.ErrorMessage(gofakes3.ErrNotImplemented, "a bucket is a folder named when the server starts")
}

func (b backend) DeleteBucket(context.Context, string) error {
	return gofakes3.ErrorMessage(gofakes3.ErrNotImplemented, "a bucket is a folder named when the server starts")
}

func (b backend) HeadObject(_ context.Context, bucket, key string) (*gofakes3.Object, error) {
	info, err := b.stat(bucket, key)
	if err != nil {
		return nil, err
	}
	return object(key, info, http.NoBody), nil
}

func (b backend) GetObject(_ context.Context, bucket, key string, asked *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	f, err := b.open(bucket, key)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		_ = f.Close()
		return nil, unreadable(key, err)
	case !info.Mode().IsRegular():
		_ = f.Close()
		return nil, gofakes3.KeyNotFound(key)
	}
	part, err := asked.Range(info.Size())
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	r := io.Reader(f)
	if part != nil {
		if err := skip(f, part.Start); err != nil {
			_ = f.Close()
			return nil, unreadable(key, err)
		}
		r = io.LimitReader(f, part.Length)
	}
	o := object(key, info, struct {
		io.Reader
		io.Closer
	}{r, f})
	o.Range = part
	return o, nil
}

// open opens what stands for a key, and does not wait for it: it may be a pipe.
func (b backend) open(bucket, key string) (fs.File, error) {
	f := b[bucket]
	if f == nil {
		return nil, gofakes3.BucketNotFound(bucket)
	}
	if invalidKey(key) != nil {
		return nil, gofakes3.KeyNotFound(key)
	}
	file, err := f.file(key)
	if err != nil {
		return nil, unreadable(key, err)
	}
	return file, nil
}

func (f *folder) file(key string) (fs.File, error) {
	if f.read == nil {
		return f.files.Open(key)
	}
	if file, err := openBeneath(f.dir, key); err == nil {
		return file, nil
	}
	return f.read.OpenFile(filepath.FromSlash(key), os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

func skip(f fs.File, n int64) error {
	if s, ok := f.(io.Seeker); ok {
		_, err := s.Seek(n, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, f, n)
	return err
}

// stat answers for a key that is a regular file, NoSuchKey for anything else.
func (b backend) stat(bucket, key string) (fs.FileInfo, error) {
	f := b[bucket]
	if f == nil {
		return nil, gofakes3.BucketNotFound(bucket)
	}
	if invalidKey(key) != nil {
		return nil, gofakes3.KeyNotFound(key)
	}
	info, err := fs.Stat(f.files, key)
	if err != nil {
		return nil, unreadable(key, err)
	}
	if !info.Mode().IsRegular() {
		return nil, gofakes3.KeyNotFound(key)
	}
	return info, nil
}

// unreadable is a file system's error in S3's words.
func unreadable(key string, err error) error {
	if gone(err) {
		return gofakes3.KeyNotFound(key)
	}
	return gofakes3.ErrorMessage(gofakes3.ErrInvalidRequest, reason(key, err))
}

// reason is a file system's error in a sentence.
func reason(key string, err error) string {
	if strings.Contains(err.Error(), "path escapes from parent") { // os.Root has no exported error for it
		return fmt.Sprintf("a link at %q leads out of the folder and is not followed; "+
			"put the files themselves there, or give the folder that it leads to as an archive of its own", key)
	}
	return err.Error()
}

// invalidKey tells why no file can stand for key, or nil.
func invalidKey(key string) error {
	var why string
	first, _, _ := strings.Cut(key, "/")
	switch {
	case strings.HasSuffix(key, "/"):
		why = "a folder holds no directory markers"
	case key == "." || !fs.ValidPath(key):
		why = "a file's path has no empty, . or .. segments and is UTF-8"
	case !representable(key):
		why = "a file of this system cannot have that name"
	case first == uploads:
		why = uploads + " is this server's own"
	default:
		return nil
	}
	return gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, fmt.Sprintf("%q cannot be a key here: %s", key, why))
}

// representable tells whether the system can have a file of that path: on Windows
// not with a backslash or a colon.
func representable(key string) bool {
	_, err := filepath.Localize(key)
	return err == nil
}

func object(key string, info fs.FileInfo, contents io.ReadCloser) *gofakes3.Object {
	return &gofakes3.Object{
		Name: key, Size: info.Size(), Hash: tag(info), Contents: contents,
		Metadata: map[string]string{
			"Last-Modified": info.ModTime().UTC().Format(http.TimeFormat),
			"Content-Type":  contentType(key),
		},
	}
}

// tag is the entity tag: of size and time of modification, so that it costs
// nothing and lasts as long as the file is left alone. It is no MD5.
func tag(info fs.FileInfo) []byte {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(info.Size()))
	binary.BigEndian.PutUint64(b[8:], uint64(info.ModTime().UnixNano()))
	sum := sha256.Sum256(b[:])
	return sum[:16]
}

func quotedTag(info fs.FileInfo) string { return `"` + hex.EncodeToString(tag(info)) + `"` }

// contentType goes by the name: a folder keeps no metadata.
func contentType(key string) string {
	switch path.Ext(key) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".json":
		return "application/json"
	case ".md":
		return "text/markdown; charset=utf-8"
	}
	return "application/octet-stream"
}
