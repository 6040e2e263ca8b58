package deployed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// lookLimit is how long each look at a stack's surroundings may take.
const lookLimit = 10 * time.Second

// LookAtBucket tells what stands against an archive in a bucket, as far as it can
// be told from this computer: that it is not there, lies in another region, or holds
// nothing under a prefix. Each note is a sentence; what cannot be seen is one.
func LookAtBucket(ctx context.Context, bucket, region string, prefixes []string) []string {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return []string{fmt.Sprintf("the bucket %s was not looked at: %v", bucket, err)}
	}
	if region != "" {
		c.Region = region
	}
	if c.Region == "" {
		return []string{"no region is configured: export AWS_REGION, that of the bucket, before you deploy"}
	}
	client := s3.NewFromConfig(c)
	head, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(bucket)})
	if err != nil {
		return []string{unseen(bucket, c.Region, err)}
	}
	notes := []string{}
	if there := aws.ToString(head.BucketRegion); there != "" && there != c.Region {
		notes = append(notes, elsewhere(bucket, there, c.Region))
	}
	for _, prefix := range prefixes {
		page, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(prefix), MaxKeys: aws.Int32(1)})
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("what lies under %s in %s could not be listed: %v", prefix, bucket, err))
		case len(page.Contents) == 0:
			notes = append(notes, fmt.Sprintf("nothing lies under %s in %s: set archivePrefix to the prefix that the Firehose stream has", prefix, bucket))
		}
	}
	return notes
}

// unseen says why a bucket could not be looked at. S3 tells where it lies even
// where it refuses.
func unseen(bucket, region string, err error) string {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil {
		return fmt.Sprintf("the bucket %s was not looked at: %v", bucket, err)
	}
	there := answer.Response.Header.Get("X-Amz-Bucket-Region")
	switch status := answer.HTTPStatusCode(); {
	case there != "" && there != region:
		return elsewhere(bucket, there, region)
	case status == http.StatusNotFound:
		return fmt.Sprintf("there is no bucket %s", bucket)
	case status == http.StatusForbidden:
		return fmt.Sprintf("you may not look at %s; if it belongs to another account, set archiveAccount, and give its owner the output ArchiveBucketPolicy", bucket)
	}
	return fmt.Sprintf("the bucket %s was not looked at: %v", bucket, err)
}

func elsewhere(bucket, there, here string) string {
	return fmt.Sprintf("%s lies in %s and not in %s: export AWS_REGION=%s to deploy there, or set archiveBucketRegion=%s", bucket, there, here, there, there)
}

// LookAtCluster asks a cluster's URL whether anybody answers, and gives a sentence.
// It signs nothing: a refusal is an answer, too.
func LookAtCluster(ctx context.Context, address string) string {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return fmt.Sprintf("%s does not answer this computer (%v): that is as it should be only where it lies in a VPC, or behind a CA of its own", address, err)
	}
	defer res.Body.Close()
	return fmt.Sprintf("%s answers (%s)", address, res.Status)
}

// amazonHost is the name of a domain's own endpoint.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
var amazonHost = regexp.MustCompile(`^(?:vpc|search)-([a-z][a-z0-9-]{2,27})-[a-z0-9]{26}\.([a-z0-9-]+)\.es\.amazonaws\.com$`)

// Domain is the ARN of the Amazon domain whose endpoint a URL is, in the account of
// whoever is signed in; empty where the URL is none.
func Domain(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	m := amazonHost.FindStringSubmatch(u.Hostname())
	if m == nil {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(m[2]))
	if err != nil {
		return "", fmt.Errorf("load the AWS configuration: %w", err)
	}
	me, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("ask which account this is: %w", err)
	}
	return fmt.Sprintf("arn:aws:es:%s:%s:domain/%s", m[2], aws.ToString(me.Account), m[1]), nil
}
