package report

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// isRegion tells whether s has the form of AWS's regions, such as ap-northeast-1
// and us-gov-west-1.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	if n := parts[len(parts)-1]; len(parts) < 3 || len(n) != 1 || n < "0" || n > "9" {
		return false
	}
	return strings.Trim(strings.Join(parts[:len(parts)-1], ""), "abcdefghijklmnopqrstuvwxyz") == ""
}

// console is the host of the AWS console for a region; empty where it is none.
func console(region string) string {
	switch {
	case !isRegion(region):
		return ""
	case strings.HasPrefix(region, "cn-"):
		return "https://" + region + ".console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "https://" + region + ".console.amazonaws-us-gov.com"
	}
	return "https://" + region + ".console.aws.amazon.com"
}

// regionOf is that of an execution's ARN; empty for one that did not run in AWS,
// whose account is all zeros.
func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "states" || strings.Trim(parts[4], "0") == "" {
		return ""
	}
	return parts[3]
}

// ExecutionURL is the page of an execution in the console of Step Functions, or
// empty where there is none.
func (r *Report) ExecutionURL(arn string) string {
	region := regionOf(arn)
	host := console(region)
	if host == "" {
		return ""
	}
	return host + "/states/home?region=" + region + "#/v2/executions/details/" + url.PathEscape(arn)
}

// ObjectURL is the page of an object in the console of S3, or empty where there
// is none.
func (r *Report) ObjectURL(o run.Object) string {
	region, bucket := cmp.Or(r.Settings.ArchiveBucketRegion, r.Settings.ArchiveRegion, regionOf(r.Plan.Execution)), r.Settings.ArchiveBucket
	if o.Bucket != "" {
		region, bucket = regionOf(r.Plan.Execution), o.Bucket
	}
	host := console(region)
	if host == "" || !r.Settings.Console {
		return ""
	}
	query := url.Values{"region": {region}, "prefix": {o.Key}}
	return host + "/s3/object/" + url.PathEscape(bucket) + "?" + query.Encode()
}
