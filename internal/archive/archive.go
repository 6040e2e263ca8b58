// Package archive is the bucket: which keys of it hold the logs of a time and
// listing them (List), opening one object so that the network cannot damage it
// (Open), and the small store of a run's own files (Bucket).
//
// It knows S3 and Firehose's way of naming keys, and nothing of what is inside
// an object. What fails outside of an object is a run.Fault; what is wrong with
// the object alone is an Unreadable.
package archive

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Getter is the part of an S3 client that reading needs.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Pager is the part of an S3 client that listing needs.
type Pager interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Unreadable is the error of an object that cannot be read as listed: how it
// ended (run.Archived, run.Gone or run.Changed), and why.
type Unreadable struct {
	End    run.End
	Reason string
}

func (u *Unreadable) Error() string { return u.Reason }

// RestoreCommand is what to type so that an archived object can be read. In
// Intelligent-Tiering a restored object stays, so that no days are given.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
func RestoreCommand(bucket, key, storageClass string) string {
	days := `"Days":7,`
	if storageClass == run.IntelligentTiering {
		days = ""
	}
	return fmt.Sprintf(`aws s3api restore-object --bucket %s --key %s --restore-request '{%s"GlacierJobParameters":{"Tier":"Standard"}}'`,
		quoted(bucket), quoted(key), days)
}

// quoted is s as one word of a POSIX shell.
func quoted(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// NeedsRestore tells whether an object, as listed, has to be restored before it
// can be read.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
func NeedsRestore(o run.Object) bool {
	return (o.StorageClass == run.Glacier || o.StorageClass == run.DeepArchive) && !o.Restored
}

// bucketOf is where an object lies: the archive, unless it says otherwise.
func bucketOf(archive string, o run.Object) string {
	if o.Bucket != "" {
		return o.Bucket
	}
	return archive
}
