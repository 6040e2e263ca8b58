package settings

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
)

// checker collects faults: what one setting alone cannot tell.
type checker struct {
	// given are the settings that were said; wrong are those of them that could
	// not be taken, of which nothing more is to be said.
	given, wrong map[string]bool
	faults       []error
}

func (c *checker) fault(name, format string, args ...any) {
	if !c.wrong[name] {
		c.faults = append(c.faults, fmt.Errorf("%s%s: %s", Prefix, name, fmt.Sprintf(format, args...)))
	}
}

// only refuses what was said in vain: names that have no effect without what. It
// says so once of each.
func (c *checker) only(holds bool, what string, names ...string) {
	for _, name := range names {
		if !holds && c.given[name] {
			c.fault(name, "has no effect without %s; leave it out", what)
			c.wrong[name] = true
		}
	}
}

// infer fills in what follows from other settings where nothing was said.
func (c *checker) infer(s *Settings) {
	if s.Cluster.New && !c.given["searchAuth"] {
		s.Search.Auth = "sigv4"
	}
	if s.Cluster.New && !c.given["shards"] {
		// Amazon's default is five, and a day is seldom more than one shard should hold.
		// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/bp-sharding.html
		s.Shards = 1
	}
	if !c.given["bulkGzip"] {
		s.BulkGzip = s.Search.URL != "" && s.Network.VPC == ""
	}
}

// ours are what the names of the stack's own parts end with.
func ours() []string {
	return []string{"live", "stopped", "ended", "archive", "list", "restore", "prepare", "index", "report", "steer", "views"}
}

func (c *checker) check(s Settings) {
	if i := strings.LastIndex(s.Stack, "-"); i > 0 && slices.Contains(ours(), s.Stack[i+1:]) {
		c.fault("stack", "%q is what a part of a stack %q would be called; give it another ending", s.Stack, s.Stack[:i])
	}
	c.archive(s)
	c.search(s)
	c.network(s.Network)
	if strings.Contains(s.IndexPrefix, "$") { // * and ? are no part of an index name
		c.fault("indexPrefix", "%q holds $, which a policy would take for a variable", s.IndexPrefix)
	}
	c.runs(s)
}

func (c *checker) archive(s Settings) {
	a, statics := s.Archive, s.StaticPrefixes()
	if !a.New && s.ArchiveBucket == "" {
		c.fault("archive", "missing; give the name of the bucket that holds the archive, or %s", New)
	}
	c.only(!a.New, "an archive that exists", "archiveKey", "archiveRegion", "archiveBucketRegion", "archiveAccount", "archiveRequesterPays")
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
	if name := s.ArchiveBucket; strings.HasSuffix(name, "-s3alias") || strings.HasSuffix(name, "--ol-s3") || strings.HasSuffix(name, "--x-s3") {
		c.fault("archive", "%q is the alias of an access point, or a directory bucket, for which policies are written otherwise; give the name of the bucket behind it", name)
	}
	if s.Runs.Live && (a.Account != "" || s.ArchiveBucketRegion != "") {
		c.fault("live", "a bucket sends its events within its own account and region; deploy the stack there, or use schedule")
	}
	for i, static := range statics {
		// These are wildcards in a policy, which would then grant more than it says.
		if strings.ContainsAny(static, "*?$") {
			c.fault("archivePrefix", "%q holds one of * ? $, which a policy would take for a pattern", s.ArchivePrefixes[i])
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
	if len(statics) != 1 {
		c.fault("archivePrefix", "a new archive has one prefix; there are %d", len(statics))
	}
	if slices.ContainsFunc(s.ArchivePrefixes, func(p string) bool { return strings.HasSuffix(p, everything) }) {
		c.fault("archivePrefix", "a new archive has a time in its keys; ** at the end is for what others have laid down")
	}
	if len(a.LogGroups) == 0 {
		c.fault("archiveLogGroups", "missing; give the log groups that the new archive is to hold")
	}
	if slices.ContainsFunc(statics, func(static string) bool { return strings.HasPrefix(a.ErrorPrefix, static) }) {
		c.fault("archiveErrorPrefix", "%q lies under the archive's own prefix; what could not be delivered would be taken for logs", a.ErrorPrefix)
	}
	if a.ExpiryDays > 0 && a.GlacierDays >= a.ExpiryDays {
		c.fault("archiveExpiryDays", "%d is not after archiveGlacierDays, %d", a.ExpiryDays, a.GlacierDays)
	}
}

func (c *checker) search(s Settings) {
	isNew, auth, hasSecret := s.Cluster.New, s.Search.Auth, s.Search.Secret != ""
	if !isNew && s.Search.URL == "" && !c.wrong["search"] {
		// What speaks to a cluster, and what indexes by itself.
		c.only(false, "search", "searchAuth", "searchSecret", "searchSecretKey", "searchCA", "searchDomain", "searchSecurityGroup",
			"searchVersion", "searchInstance", "searchNodes", "searchVolume", "searchReaders",
			"bulkGzip", "dashboardsUrl", "expireAt", "secretsEndpoint", "secretsSecurityGroup", "live", "schedule", "scheduleDays")
		return
	}
	c.only(isNew, "search "+New, "searchVersion", "searchInstance", "searchNodes", "searchVolume", "searchReaders")
	c.only(!isNew, "a search URL", "searchSecret", "searchSecretKey", "searchCA", "searchDomain", "searchSecurityGroup")
	c.only(hasSecret, "searchSecret", "searchSecretKey")
	c.only(hasSecret || isNew, "a secret", "secretsEndpoint", "secretsSecurityGroup")
	c.only(s.Network.VPC != "", "vpc", "searchSecurityGroup")
	if isNew {
		c.newSearch(s)
		return
	}
	needsSecret := auth == "basic" || auth == "apikey"
	if needsSecret && strings.HasPrefix(strings.ToLower(s.Search.URL), "http:") {
		c.fault("search", "searchAuth %s over http would send the secret in clear; give an https URL", auth)
	}
	if needsSecret != hasSecret {
		c.fault("searchSecret", "goes with searchAuth basic and apikey, and only with these")
	}
	if (auth == "sigv4") != (s.Cluster.Domain != "") {
		c.fault("searchDomain", "goes with searchAuth sigv4, and only with it")
	}
}

func (c *checker) newSearch(s Settings) {
	if s.Search.Auth != "sigv4" {
		c.fault("searchAuth", "a new domain takes sigv4 and nothing else; leave it out")
	}
	if s.Network.VPC == "" {
		c.fault("vpc", "missing; a new domain lies in a VPC")
	}
	// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-multiaz.html
	switch nodes, zones := s.Cluster.Nodes, s.Zones(); {
	case nodes == 1 || zones == 0:
	case zones == 1:
		c.fault("subnets", "%d data nodes need two or three subnets, each in a zone of its own; there is one", nodes)
	case nodes%zones != 0:
		c.fault("searchNodes", "%d nodes cannot be spread evenly over %d subnets", nodes, zones)
	}
}

func (c *checker) network(n Network) {
	if n.VPC != "" && len(n.Subnets) == 0 {
		c.fault("subnets", "missing; give the private subnets of the VPC for the Lambdas")
	}
	if n.S3Endpoint && len(n.RouteTables) == 0 {
		c.fault("routeTables", "missing; give the route tables of the subnets, into which the S3 endpoint goes")
	}
	c.only(n.VPC != "", "vpc", "subnets", "s3Endpoint", "secretsEndpoint", "secretsSecurityGroup", "listInVpc")
	c.only(n.S3Endpoint, "s3Endpoint", "routeTables")
	if n.SecretsEndpoint && n.SecretsGroup != "" {
		c.fault("secretsEndpoint", "the VPC has an endpoint already, that of secretsSecurityGroup; leave one of the two out")
	}
}

func (c *checker) runs(s Settings) {
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
