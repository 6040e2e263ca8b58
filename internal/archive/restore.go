package archive

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Restorer is the part of an S3 client that restoring needs.
type Restorer interface {
	Stater
	RestoreObject(context.Context, *s3.RestoreObjectInput, ...func(*s3.Options)) (*s3.RestoreObjectOutput, error)
}

// Restoring is how far an archived object is on its way back.
type Restoring int

// The ways.
const (
	// Readable: it can be read, or was never archived.
	Readable Restoring = iota
	// UnderWay: S3 is restoring it, asked for by an earlier request.
	UnderWay
	// Asked: this call has asked for it.
	Asked
)

// Restore asks for an archived object, to be readable for so many days, whatever is
// known of it. Its error is an Unreadable where the object is gone, a Fault where S3
// cannot be used: Throttled also where it has no room for an expedited restore.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
func Restore(ctx context.Context, client Restorer, bucket string, o run.Object, tier run.Tier, days int) (Restoring, error) {
	bucket = bucketOf(bucket, o)
	request := &types.RestoreRequest{GlacierJobParameters: &types.GlacierJobParameters{Tier: types.Tier(tier)}}
	if o.StorageClass != run.IntelligentTiering { // from there it comes back for good
		request.Days = aws.Int32(int32(days)) //nolint:gosec // a request has at most 365
	}
	out, err := client.RestoreObject(ctx, &s3.RestoreObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(o.Key), RestoreRequest: request,
	})
	if err == nil {
		// 202 says that it was accepted, 200 that there is a copy, whose time is prolonged.
		if r, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok && r.StatusCode == http.StatusOK {
			return Readable, nil
		}
		return Asked, nil
	}
	var active *types.ObjectAlreadyInActiveTierError
	switch c := code(err); {
	case c == "RestoreAlreadyInProgress":
		return UnderWay, nil
	case c == codeInvalidObjectState, errors.As(err, &active): // it is not archived
		return Readable, nil
	case c == codeNotFound, c == codeNoSuchKey:
		return Readable, &Unreadable{End: run.Gone, Reason: where(bucket, o.Key) + " is not there"}
	case c == "GlacierExpeditedRetrievalNotAvailable":
		return Readable, &run.Fault{
			Name: run.Throttled, Reason: "S3 has no room for expedited restores at the moment", Err: err,
			Remedy: "start again later, or give Standard or Bulk",
		}
	case strings.Contains(err.Error(), "Retrieval option is not supported"):
		return Readable, &run.Fault{
			Name: run.InvalidRequest, Reason: "restore: " + where(bucket, o.Key) + " cannot be restored at the tier " + string(tier), Err: err,
			Remedy: "give Standard or Bulk",
		}
	}
	return Readable, fault(ctx, "s3:RestoreObject on arn:aws:s3:::"+bucket+"/* (the stack's setting archiveRestore)", bucket, o.Key, err)
}

// Restored looks how far an object is, and asks for it where nobody has.
func Restored(ctx context.Context, client Restorer, bucket string, o run.Object, tier run.Tier, days int) (Restoring, error) {
	now, head, err := stat(ctx, client, bucket, o)
	switch {
	case err != nil:
		return Readable, err
	case strings.Contains(aws.ToString(head.Restore), `ongoing-request="true"`):
		return UnderWay, nil
	case NeedsRestore(now), head.ArchiveStatus != "":
		return Restore(ctx, client, bucket, now, tier, days)
	}
	return Readable, nil
}

// MayNeedRestore tells whether an object, as listed, may have to be restored before
// it can be read: of one in Intelligent-Tiering a listing does not tell.
func MayNeedRestore(o run.Object) bool {
	return NeedsRestore(o) || o.StorageClass == run.IntelligentTiering
}
