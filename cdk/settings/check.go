package settings

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// check is what one setting alone cannot tell, and the forms of names.
func (c *checker) check(s Settings) {
	c.form("stack", s.Stack, `^[a-z][a-z0-9-]{1,26}[a-z0-9]$`, "a name of 3 to 28 lower-case letters, digits and hyphens, such as rehydrate")
	c.archive(s.Archive)
	c.search(s)
	c.network(s.Network)
	c.index(s.Index)
	c.runs(s)
}

func (c *checker) archive(a Archive) {
	if !a.New && a.Bucket == "" {
		c.fault("archive", "missing; give the name of the bucket that holds the archive, or %s", New)
	}
	c.form("archive", a.Bucket, `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`, "the name of a bucket")
	c.form("archiveRegion", a.Region, `^[a-z]{2}(-[a-z]+)+-\d$`, "a region such as ap-northeast-1")
	c.only(!a.New, "an archive that exists", "archiveKey", "archiveRegion")
	c.form("archiveKey", a.Key, `^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/.+$`, "the ARN of a KMS key (not of an alias)")
	for i, static := range a.StaticPrefixes() {
		// These are wildcards in a policy, which would then grant more than it says.
		if strings.ContainsAny(static, "*?$") {
			c.fault("archivePrefix", "%q holds one of * ? $, which a policy would take for a pattern", a.Prefixes[i])
		}
	}
	if strings.ContainsAny(a.StaticErrorPrefix(), "*?$") {
		c.fault("archiveErrorPrefix", "%q holds one of * ? $, which a policy would take for a pattern", a.ErrorPrefix)
	}
	c.only(a.New, "archive "+New, "archiveLogGroups", "archiveErrorPrefix", "archiveBufferSeconds",
		"archiveBufferMebibytes", "archiveGlacierDays", "archiveExpiryDays")
	if !a.New {
		return
	}
	if len(a.Prefixes) != 1 {
		c.fault("archivePrefix", "a new archive has one prefix; there are %d", len(a.Prefixes))
	}
	if len(a.LogGroups) == 0 {
		c.fault("archiveLogGroups", "missing; give the log groups that the new archive is to hold")
	}
	if slices.ContainsFunc(a.StaticPrefixes(), func(static string) bool { return strings.HasPrefix(a.ErrorPrefix, static) }) {
		c.fault("archiveErrorPrefix", "%q lies under the archive's own prefix; what could not be delivered would be taken for logs", a.ErrorPrefix)
	}
	if a.ExpiryDays > 0 && a.GlacierDays >= a.ExpiryDays {
		c.fault("archiveExpiryDays", "%d is not after archiveGlacierDays, %d", a.ExpiryDays, a.GlacierDays)
	}
}

func (c *checker) search(all Settings) {
	s := all.Search
	c.only(s.New, "search "+New, "searchVersion", "searchInstance", "searchNodes", "searchVolume", "searchReaders")
	c.only(!s.New, "a search URL", "searchSecret", "searchSecretKey", "searchCA", "searchDomain", "searchSecurityGroup")
	c.only(s.Secret != "", "searchSecret", "searchSecretKey")
	c.only(all.Network.VPC != "", "vpc", "searchSecurityGroup")
	c.form("searchSecret", s.Secret, `^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$`, "the whole ARN of a secret, with the six characters at its end")
	c.form("searchSecretKey", s.SecretKey, `^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/.+$`, "the ARN of a KMS key (not of an alias)")
	c.form("searchDomain", s.Domain, `^arn:[a-z-]+:es:[a-z0-9-]+:\d{12}:domain/[a-z][a-z0-9-]{2,27}$`, "the ARN of a domain")
	c.form("searchSecurityGroup", s.SecurityGroup, `^sg-[0-9a-f]{8,17}$`, "the id of a security group")
	if s.New {
		c.newSearch(all)
		return
	}
	c.url(s)
	if needs := s.Auth == "basic" || s.Auth == "apikey"; needs != (s.Secret != "") {
		c.fault("searchSecret", "goes with searchAuth basic and apikey, and only with these")
	}
	if (s.Auth == "sigv4") != (s.Domain != "") {
		c.fault("searchDomain", "goes with searchAuth sigv4, and only with it")
	}
}

func (c *checker) url(s Search) {
	u, err := url.Parse(s.URL)
	switch {
	case s.URL == "":
		c.fault("search", "missing; give the URL of the cluster, or %s", New)
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		c.fault("search", "it is no http or https URL, nor %s", New) // not quoted: it may hold a password
	case u.User != nil:
		c.fault("search", "a URL with a password would be shown to everybody; use searchAuth and searchSecret")
	case u.Scheme == "http" && (s.Auth == "basic" || s.Auth == "apikey"):
		c.fault("search", "searchAuth %s over http would send the secret in clear; give an https URL", s.Auth)
	}
}

func (c *checker) newSearch(all Settings) {
	s, n := all.Search, all.Network
	if s.Auth != "sigv4" {
		c.fault("searchAuth", "a new domain takes sigv4 and nothing else; leave it out")
	}
	if n.VPC == "" {
		c.fault("vpc", "missing; a new domain lies in a VPC")
	}
	c.form("searchVersion", s.Version, `^(OpenSearch_[23]\.\d+|Elasticsearch_7\.10)$`, "an engine such as OpenSearch_2.19")
	c.form("searchInstance", s.Instance, `^[a-z0-9-]+\.[a-z0-9]+\.search$`, "an instance type such as r7g.large.search")
	for _, arn := range s.Readers {
		c.form("searchReaders", arn, `^arn:[a-z-]+:iam::\d{12}:(role|user)/.+$`, "a list of ARNs of roles and users")
	}
	// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html
	switch zones := s.Zones(n); {
	case s.Nodes == 1 || zones == 0:
	case zones == 1:
		c.fault("subnets", "%d data nodes need two or three subnets, each in a zone of its own; there is one", s.Nodes)
	case s.Nodes%zones != 0:
		c.fault("searchNodes", "%d nodes cannot be spread evenly over %d subnets", s.Nodes, zones)
	}
}

// Zones is how many zones the nodes of a new domain are spread over: at most
// three, one for each subnet.
func (s Search) Zones(n Network) int {
	if s.Nodes == 1 {
		return 1
	}
	return min(len(n.Subnets), 3)
}

func (c *checker) network(n Network) {
	c.form("vpc", n.VPC, `^vpc-[0-9a-f]{8,17}$`, "the id of a VPC")
	for _, id := range n.Subnets {
		c.form("subnets", id, `^subnet-[0-9a-f]{8,17}$`, "a list of subnet ids")
	}
	for _, id := range n.RouteTables {
		c.form("routeTables", id, `^rtb-[0-9a-f]{8,17}$`, "a list of route table ids")
	}
	if n.VPC != "" && len(n.Subnets) == 0 {
		c.fault("subnets", "missing; give the private subnets of the VPC for the Lambdas")
	}
	if n.Endpoints && len(n.RouteTables) == 0 {
		c.fault("routeTables", "missing; give the route tables of the subnets, into which the S3 endpoint goes")
	}
	c.only(n.VPC != "", "vpc", "subnets", "endpoints")
	c.only(n.Endpoints, "endpoints", "routeTables")
}

func (c *checker) index(i Index) {
	if err := run.ValidIndexPrefix(i.Prefix); err != nil {
		c.fault("indexPrefix", "%v", err)
	}
	if strings.Contains(i.Prefix, "$") { // * and ? are refused above
		c.fault("indexPrefix", "%q holds $, which a policy would take for a variable", i.Prefix)
	}
	for _, f := range i.Fields {
		if !slices.Contains(run.FieldNames(), f) {
			c.fault("fields", "%q is no field; give any of %s", f, strings.Join(run.FieldNames(), ", "))
		}
	}
	c.form("refreshInterval", i.RefreshInterval, `^(-1|\d+(ms|s|m|h))$`, "an interval such as 30s, or -1")
}

func (c *checker) runs(s Settings) {
	if _, err := time.Parse("15:04", s.Runs.Schedule); s.Runs.Schedule != "" && err != nil {
		c.fault("schedule", "%q is no time of day; give one such as 05:30", s.Runs.Schedule)
	}
	c.only(s.Runs.Schedule != "", "schedule", "scheduleDays")
	if !slices.Contains(retentions(), s.Runs.LogDays) {
		c.fault("logDays", "CloudWatch Logs does not know %d; give one of %v", s.Runs.LogDays, retentions())
	}
	if address, err := mail.ParseAddress(s.Watch.Email); s.Watch.Email != "" && (err != nil || address.Address != s.Watch.Email) {
		c.fault("email", "%q is no address", s.Watch.Email)
	}
}

// retentions are the days that a log group can have.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func retentions() []int {
	return []int{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
}

// form checks the form of a text that is given.
func (c *checker) form(name, value, pattern, allowed string) {
	if value != "" && !regexp.MustCompile(pattern).MatchString(value) {
		c.fault(name, "%q is not allowed; give %s", value, allowed)
	}
}
