package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"github.com/rclone/gofakes3"
)

// PutObject writes beside, then renames: a reader sees the old object or the
// new one, and a body that breaks off leaves nothing.
func (b backend) PutObject(ctx context.Context, bucket, key string, _ map[string]string, body io.Reader, size int64) (gofakes3.PutObjectResult, error) {
	f, err := b.writable(bucket, key)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	name, err := f.write(body, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	defer f.discard(name)
	etag, err := f.commit(ctx, name, key)
	return gofakes3.PutObjectResult{ETag: etag}, err
}

// writable is the folder of a bucket that key can be put into.
func (b backend) writable(bucket, key string) (*folder, error) {
	f := b[bucket]
	switch {
	case f == nil:
		return nil, gofakes3.BucketNotFound(bucket)
	case f.root == nil:
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMethodNotAllowed, "bucket "+bucket+" is read only")
	}
	return f, invalidKey(key)
}

// write puts a body of size bytes (any number if negative) into a file of its
// own among the uploads, whose path it returns.
func (f *folder) write(body io.Reader, size int64) (name string, err error) {
	var file *os.File
	name, err = f.among("object-", func(name string) error {
		file, err = f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		return err
	})
	if err != nil {
		return "", s3Error(err)
	}
	n, err := io.Copy(file, body)
	err = errors.Join(err, file.Close())
	if err == nil && size >= 0 && n != size {
		err = gofakes3.ErrIncompleteBody
	}
	if err != nil {
		f.discard(name)
		return "", s3Error(err)
	}
	return name, nil
}

// among makes something with a name of its own in the folder of the uploads,
// which others may remove between its making and its use, as they found it empty.
func (f *folder) among(kind string, create func(name string) error) (name string, err error) {
	name = path.Join(uploads, kind+rand.Text())
	for range 100 {
		if err = f.root.MkdirAll(uploads, 0o755); err == nil {
			err = create(name)
		}
		// MkdirAll finds it there where it is removed a moment later.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return name, err
}

// s3Error finds the error that gofakes3 has a status for: a bad checksum, say,
// which the body's reader returned. A disk that does not take a file is no error
// of the server, which a client would try again for long.
func s3Error(err error) error {
	var known gofakes3.Error
	var disk *fs.PathError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &disk):
		return gofakes3.ErrorMessage(gofakes3.ErrInvalidRequest, "the disk does not take the file: "+disk.Err.Error())
	}
	return err
}

// discard removes a file of the uploads if it is still there, and their folder
// with the last one.
func (f *folder) discard(name string) {
	_ = f.root.Remove(name)
	_ = f.root.Remove(uploads) // fails while others are there
}

// commit gives the file its key, if the conditions of the request hold, and
// returns its entity tag, which is never that of the object it replaces.
func (f *folder) commit(ctx context.Context, name, key string) (etag string, err error) {
	f.commits.Lock()
	defer f.commits.Unlock()
	if err := f.root.MkdirAll(path.Dir(key), 0o755); err != nil {
		return "", unholdable(key, err)
	}
	old, err := f.root.Stat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return "", unholdable(key, err)
	case old.IsDir():
		return "", unholdable(key, syscall.EISDIR)
	}
	if old == nil {
		err = gofakes3.CheckWriteConditions(ctx, false, "")
	} else {
		err = gofakes3.CheckWriteConditions(ctx, true, quotedTag(old))
	}
	if err != nil {
		return "", err
	}
	if err := f.renew(name, old); err != nil {
		return "", err
	}
	if err := f.place(name, key, old == nil && gofakes3.HasWriteConditions(ctx)); err != nil {
		return "", err
	}
	info, err := f.root.Stat(key)
	if err != nil {
		return "", err
	}
	return quotedTag(info), nil
}

// place gives the file its name. As a new one it is linked, which fails where
// another process was first; renaming would replace that one's.
func (f *folder) place(name, key string, asNew bool) error {
	if asNew {
		err := f.root.Link(name, key)
		if errors.Is(err, fs.ErrExist) {
			return gofakes3.ErrPreconditionFailed
		}
		if err == nil {
			return nil
		}
		// A file system without links: the lock alone has to do.
	}
	return f.root.Rename(name, key)
}

// renew moves on the file's time where the entity tag would otherwise be that of
// the object it replaces: clocks of file systems are coarse.
func (f *folder) renew(name string, old fs.FileInfo) error {
	info, err := f.root.Stat(name)
	if err != nil || old == nil || info.ModTime().After(old.ModTime()) {
		return err
	}
	return f.root.Chtimes(name, time.Time{}, old.ModTime().Add(time.Millisecond))
}

// unholdable is why a key has no place in the folder.
func unholdable(key string, err error) error {
	why := reason(key, err)
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR):
		why = "a folder cannot hold both a key and keys below it"
	case errors.Is(err, syscall.ENAMETOOLONG):
		why = "a file's name is too long"
	}
	return gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, fmt.Sprintf("%q cannot be a key here: %s", key, why))
}

// DeleteObject removes the object and the folders that it leaves empty. That
// there is none is no error.
func (b backend) DeleteObject(_ context.Context, bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	var none gofakes3.ObjectDeleteResult
	f, err := b.writable(bucket, key)
	if f == nil || err != nil {
		if f != nil {
			return none, nil // no file can be there
		}
		return none, err
	}
	f.commits.Lock()
	defer f.commits.Unlock()
	if _, err := b.stat(bucket, key); err != nil {
		if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
			return none, nil
		}
		return none, err
	}
	if err := f.root.Remove(key); err != nil {
		return none, err
	}
	for dir := path.Dir(key); dir != "."; dir = path.Dir(dir) {
		if f.root.Remove(dir) != nil {
			break // not empty
		}
	}
	return none, nil
}

// DeleteMulti deletes one after the other.
func (b backend) DeleteMulti(ctx context.Context, bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := b.DeleteObject(ctx, bucket, key); err != nil {
			failed := gofakes3.ErrorResultFromError(err)
			failed.Key = key
			result.Error = append(result.Error, failed)
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// CopyObject reads one and puts the other.
func (b backend) CopyObject(ctx context.Context, srcBucket, srcKey, bucket, key string, _ map[string]string) (gofakes3.CopyObjectResult, error) {
	from, err := b.GetObject(ctx, srcBucket, srcKey, nil)
	if err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	defer from.Contents.Close()
	put, err := b.PutObject(ctx, bucket, key, nil, from.Contents, from.Size)
	if err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	return gofakes3.CopyObjectResult{ETag: put.ETag, LastModified: gofakes3.NewContentTime(time.Now())}, nil
}
