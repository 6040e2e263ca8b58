package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

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
	if wrong := s.wrongAnswer(out, from); wrong != "" {
		_ = out.Body.Close()
		return nil, unbelievable(where(s.bucket, s.object.Key) + wrong)
	}
	return out, nil
}

// wrongAnswer says how an answer is not that of the object as it was listed, from
// a byte on; empty if it is.
func (s source) wrongAnswer(out *s3.GetObjectOutput, from int64) string {
	size, etag := s.object.Size, aws.ToString(out.ETag)
	switch offered := aws.ToInt64(out.ContentLength); {
	case offered != size-from:
		return fmt.Sprintf(" was listed with %d bytes, but from byte %d on S3 offers %d", size, from, offered)
	case etag == "":
		return " was answered without an ETag, which S3 always gives"
	case s.object.ETag != "" && plainTag(etag) != plainTag(s.object.ETag):
		return fmt.Sprintf(" was asked for with the ETag %s, but answered with %s", s.object.ETag, etag)
	case from > 0 && aws.ToString(out.ContentRange) != fmt.Sprintf("bytes %d-%d/%d", from, size-1, size):
		return fmt.Sprintf(" was asked for from byte %d on, but answered with the range %q", from, aws.ToString(out.ContentRange))
	}
	return ""
}

// plainTag is an ETag without the quotes that S3's events leave out.
func plainTag(etag string) string { return strings.Trim(etag, `"`) }

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
