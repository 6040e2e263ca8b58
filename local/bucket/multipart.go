package bucket

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strconv"

	"github.com/rclone/gofakes3"
)

// A multipart upload is a folder among the uploads that holds its parts by
// number, so that parts never lie in memory.

// CreateMultipartUpload begins an upload.
func (b backend) CreateMultipartUpload(_ context.Context, bucket, key string, _ map[string]string) (gofakes3.UploadID, error) {
	f, err := b.writable(bucket, key)
	if err != nil {
		return "", err
	}
	dir, err := f.among("parts-", func(name string) error { return f.root.Mkdir(name, 0o755) })
	return gofakes3.UploadID(path.Base(dir)), err
}

// UploadPart keeps a part; a second one of the same number takes its place.
func (b backend) UploadPart(_ context.Context, bucket, key string, id gofakes3.UploadID, number int, size int64, body io.Reader) (string, error) {
	f, err := b.writable(bucket, key)
	if err != nil {
		return "", err
	}
	name, err := f.write(body, size)
	if err != nil {
		return "", err
	}
	defer f.discard(name)
	part := f.part(id, number)
	if err := f.root.Rename(name, part); err != nil {
		return "", err
	}
	info, err := f.root.Stat(part)
	if err != nil {
		return "", err
	}
	return quotedTag(info), nil
}

// CompleteMultipartUpload joins the parts and commits them as one object.
func (b backend) CompleteMultipartUpload(ctx context.Context, bucket, key string, id gofakes3.UploadID, in *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	f, err := b.writable(bucket, key)
	if err != nil {
		return "", "", err
	}
	if len(in.Parts) == 0 {
		return "", "", gofakes3.ErrMalformedXML
	}
	var parts []io.Reader
	for i, p := range in.Parts {
		if i > 0 && p.PartNumber <= in.Parts[i-1].PartNumber {
			return "", "", gofakes3.ErrInvalidPartOrder
		}
		part, err := f.root.Open(f.part(id, p.PartNumber))
		if err != nil {
			return "", "", gofakes3.ErrInvalidPart
		}
		defer part.Close()
		info, err := part.Stat()
		if err != nil || quotedTag(info) != `"`+trimQuotes(p.ETag)+`"` {
			return "", "", gofakes3.ErrInvalidPart
		}
		parts = append(parts, part)
	}
	name, err := f.write(io.MultiReader(parts...), -1)
	if err != nil {
		return "", "", err
	}
	defer f.discard(name)
	etag, err := f.commit(ctx, name, key)
	if err != nil {
		return "", "", err
	}
	return "", etag, f.drop(id)
}

// AbortMultipartUpload throws the parts away.
func (b backend) AbortMultipartUpload(_ context.Context, bucket, key string, id gofakes3.UploadID) error {
	f, err := b.writable(bucket, key)
	if err != nil {
		return err
	}
	return f.drop(id)
}

func (f *folder) part(id gofakes3.UploadID, number int) string {
	return path.Join(uploads, path.Base(string(id)), strconv.Itoa(number))
}

func (f *folder) drop(id gofakes3.UploadID) error {
	dir := path.Join(uploads, path.Base(string(id)))
	err := f.root.RemoveAll(dir)
	f.discard(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func trimQuotes(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
