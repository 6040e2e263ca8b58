package archive

import (
	"cmp"
	"strings"
)

// A denial names the kind of policy that it comes from, at least within an account
// and organization.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html

// denial is a kind of policy in the words of a denial, and what is to be done.
type denial struct{ words, by, remedy string }

func denials() []denial {
	return []denial{
		{"resource-based policy", "the policy of the bucket or key", "its owner adds the statements that the stack puts out (ArchiveBucketPolicy, ArchiveKeyPolicy)"},
		{"VPC endpoint policy", "the policy of the VPC endpoint for S3", "let that endpoint's policy admit the bucket"},
		{"service control policy", "a service control policy", "ask whoever governs the organization"},
		{"resource control policy", "a resource control policy", "ask whoever governs the organization"},
		{"permissions boundary", "the permissions boundary of our role", "let the boundary allow it, too"},
		{"session policy", "the policy of our session", "sign in without it"},
		{"identity-based policy", "our role's own policy", "deploy the stack anew, or give the role that right"},
	}
}

// deniedBy says which policy denies; empty where S3 does not tell.
func deniedBy(err error) string {
	for _, d := range denials() {
		if strings.Contains(err.Error(), d.words) {
			return ": " + d.by + " does not allow it"
		}
	}
	return ""
}

// denialRemedy goes on from what has to be allowed.
func denialRemedy(err error) string {
	for _, d := range denials() {
		if strings.Contains(err.Error(), d.words) {
			return ": " + d.remedy
		}
	}
	if c := code(err); c != "AccessDenied" && c != "Forbidden" && c != "" {
		return "" // no policy, but what was signed with
	}
	return "; S3 does not say which policy denies it. Of another account's bucket, it is its bucket policy (the stack's output ArchiveBucketPolicy " +
		"has the statements), or it is a bucket of requester pays (archiveRequesterPays); one that admits a VPC only needs listInVpc"
}

// elsewhere is the remedy for a bucket in another region than was asked.
func elsewhere(region string) string {
	region = cmp.Or(region, "the bucket's region")
	return "deploy the stack in " + region + ", or set archiveBucketRegion to it; on your own computer, set AWS_REGION to " + region
}
