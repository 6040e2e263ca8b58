package archive

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Archive is a bucket that Firehose fills under one prefix expression or more.
type Archive struct {
	client   Pager
	bucket   string
	prefixes []Prefix
	zone     *time.Location
}

// New is the archive in a bucket. The times in its keys are in zone. Its error
// is a sentence that names the expression that cannot be used.
func New(client Pager, bucket string, expressions []string, zone *time.Location) (*Archive, error) {
	a := &Archive{client: client, bucket: bucket, zone: zone}
	for _, e := range expressions {
		p, err := ParsePrefix(e, zone)
		if err != nil {
			return nil, err
		}
		a.prefixes = append(a.prefixes, p)
	}
	return a, nil
}

// Found is what a listing came to.
type Found struct {
	// Objects handed on, and their Bytes as stored. Unfit of them have a key that
	// does not tell when they began.
	Objects int64
	Bytes   int64
	Unfit   int64
	// Skipped keys are no objects of the archive: markers of folders, and
	// CloudWatch's aws-logs-write-test.
	Skipped int64
	// Outside the window are objects by the time in their key, under prefixes that
	// tell no hour.
	Outside int64
	// Astray counts folders and keys that stand where the expression has a folder
	// of another form; they were not looked into. AstrayKeys are the first of them.
	Astray     int64
	AstrayKeys []string
	// Prefixes that were listed: all of them, or the first and the last few with
	// their number between.
	Prefixes []string
	// Calls that listed pages.
	Calls int64
}

const (
	// concurrency is how many calls are under way at once.
	concurrency = 32
	// pageSize is the most that S3 lists in one call.
	pageSize = 1000
	// ahead is how many objects may be held beyond those being handed on, some 50
	// MiB of them.
	ahead = 128 * pageSize
	// someKeys is how many keys or prefixes are shown to a person.
	someKeys = 10
	// slack is how far the time in a key may differ from that of its prefix.
	slack = time.Hour
)

// List hands on the objects that began within the window, by hour and then by
// key, each once, until each returns an error, which List returns. The hours at
// the edges of the window are listed whole.
//
// Its own errors are Faults, or the end of ctx. The calls run beside each other
// and beside each; their order cannot be seen from outside.
func (a *Archive) List(ctx context.Context, w Window, each func(run.Object) error) (Found, error) {
	l := &listing{client: a.client, bucket: a.bucket, zone: a.zone}
	var branches []branch
	for _, p := range a.prefixes {
		branches = append(branches, p.branches(w)...)
	}
	looked := branches
	branches, err := l.resolve(ctx, branches)
	if err != nil {
		return l.found, err
	}
	branches = disjoint(branches)
	if len(branches) > 0 {
		looked = branches
	}
	l.found.Prefixes = some(looked)
	err = l.run(ctx, branches, each)
	return l.found, err
}

// listing is one call of List.
type listing struct {
	client Pager
	bucket string
	zone   *time.Location

	mu    sync.Mutex // guards found while calls are under way
	found Found
}

// take counts an object and hands it on.
func (l *listing) take(o run.Object, w *Window, each func(run.Object) error) error {
	if noObject(o.Key) {
		l.found.Skipped++
		return nil
	}
	o.Time = keyTime(o.Key, l.zone)
	if w != nil && o.Time != nil && (o.Time.Before(w.From.Add(-slack)) || o.Time.After(w.To.Add(slack))) {
		l.found.Outside++
		return nil
	}
	if o.Time == nil {
		l.found.Unfit++
	}
	l.found.Objects++
	l.found.Bytes += o.Size
	return each(o)
}

func (l *listing) astray(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found.Astray++
	if len(l.found.AstrayKeys) < someKeys {
		l.found.AstrayKeys = append(l.found.AstrayKeys, key)
	}
}

// page makes one call to S3.
func (l *listing) page(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	l.mu.Lock()
	l.found.Calls++
	l.mu.Unlock()
	page, err := l.client.ListObjectsV2(ctx, in)
	if err != nil {
		prefix := aws.ToString(in.Prefix)
		return nil, fault(ctx, "s3:ListBucket on arn:aws:s3:::"+l.bucket+" for the prefix "+prefix, l.bucket, prefix, err)
	}
	return page, nil
}

// some are the prefixes of branches, shortened for a person.
func some(list []branch) []string {
	texts := make([]string, 0, someKeys+1)
	for i, b := range list {
		switch {
		case len(list) <= someKeys, i < someKeys/2, i >= len(list)-someKeys/2:
			texts = append(texts, b.String())
		case i == someKeys/2:
			texts = append(texts, "…")
		}
	}
	return texts
}

// listed is an object as S3 lists it.
func listed(o types.Object) run.Object {
	object := run.Object{
		Key: decoded(o.Key), Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag),
		// A copy that can be read has a date when it goes.
		Restored: o.RestoreStatus != nil && o.RestoreStatus.RestoreExpiryDate != nil,
	}
	if o.StorageClass != types.ObjectStorageClassStandard {
		object.StorageClass = string(o.StorageClass)
	}
	return object
}

// decoded undoes the encoding of a key in a listing; one that was not encoded
// after all stays as it is.
func decoded(s *string) string {
	plain, err := url.QueryUnescape(aws.ToString(s))
	if err != nil {
		return aws.ToString(s)
	}
	return plain
}

func restoreStatus() []types.OptionalObjectAttributes {
	return []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus}
}
