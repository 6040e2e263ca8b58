package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/rehydrate/rehydrate/internal/run"
)

// source is one object as it was listed.
type source struct {
	client Getter
	bucket string
	object run.Object
}

// get asks for the object from a byte on. Its error is an Unreadable, a Fault,
// or the end of ctx.
func (s source) get(ctx context.Context, from int64) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(s.object.Key),
		ChecksumMode: types.ChecksumModeEnabled,
	}
	if s.object.ETag != "" {
		in.IfMatch = aws.String(s.object.ETag)
	}
	if from > 0 {
		in.Range = aws.String("bytes=" + strconv.FormatInt(from, 10) + "-")
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if size := aws.ToInt64(out.ContentLength); size != s.object.Size-from {
		_ = out.Body.Close()
		return nil, &run.Fault{
			Name: run.Unavailable,
			Reason: fmt.Sprintf("%s was listed with %d bytes, but from byte %d on S3 offers %d",
				where(s.bucket, s.object.Key), s.object.Size, from, size),
			Remedy: "check what stands between here and S3",
		}
	}
	return out, nil
}

// explain tells apart what is wrong with the object and what with S3.
func (s source) explain(ctx context.Context, err error) error {
	at := where(s.bucket, s.object.Key)
	var state *types.InvalidObjectState
	status, _ := answer(err)
	switch c := code(err); {
	case errors.As(err, &state):
		return s.archived(string(state.StorageClass), string(state.AccessTier))
	case c == codeInvalidObjectState:
		return s.archived(s.object.StorageClass, "")
	case c == codeNoSuchKey, c == codeNotFound, c == "" && status == http.StatusNotFound:
		return &Unreadable{End: run.Gone, Reason: at + " was listed but is no longer there"}
	case c == codePreconditionFailed, c == codeInvalidRange, status == http.StatusPreconditionFailed:
		return &Unreadable{End: run.Changed, Reason: at + " is no longer the object that was listed: its ETag is another now"}
	}
	permission := fmt.Sprintf("s3:GetObject on arn:aws:s3:::%s/* (without s3:ListBucket on arn:aws:s3:::%s a deleted object looks like this too)",
		s.bucket, s.bucket)
	return fault(ctx, permission, s.bucket, s.object.Key, err)
}

func (s source) archived(class, tier string) error {
	if class == "" {
		class = s.object.StorageClass
	}
	in := class
	if tier != "" {
		in += " (" + tier + ")"
	}
	return &Unreadable{End: run.Archived, Reason: fmt.Sprintf("%s lies in storage class %s and has to be restored first: %s",
		where(s.bucket, s.object.Key), in, RestoreCommand(s.bucket, s.object.Key, class))}
}
