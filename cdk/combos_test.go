package main

// The stacks that tests look at, from the least to the most. Together they use
// every setting.

const (
	keyARN    = "arn:aws:kms:ap-northeast-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	secretARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:search-AbCdEf"
	domainARN = "arn:aws:es:ap-northeast-1:123456789012:domain/logs"
	vpc       = "vpc-0123456789abcdef0"
	subnetA   = "subnet-0123456789abcdefa"
	subnetB   = "subnet-0123456789abcdefb"
)

// least is an archive and a public cluster that exist, with every default.
func least(more ...any) []any {
	return append([]any{"archive", "my-archive", "search", "https://search.example:9200"}, more...)
}

// files is an archive that exists, and no cluster.
func files() []any { return []any{"archive", "my-archive"} }

// signed is an Amazon domain that exists.
func signed(more ...any) []any {
	return append([]any{
		"archive", "my-archive", "search", "https://vpc-logs.ap-northeast-1.es.amazonaws.com",
		"searchAuth", "sigv4", "searchDomain", domainARN,
		"archiveAccount", "210987654321", "archiveBucketRegion", "us-east-1", "archiveRequesterPays", "true",
	}, more...)
}

// private is a cluster with a password in a VPC without NAT, with everything on
// that an archive and a cluster that exist can have.
func private(more ...any) []any {
	return append([]any{
		"stack", "logs", "archive", "my-archive", "search", "https://search.internal:9200",
		"archivePrefix", `["logs/a/!{timestamp:yyyy/MM/dd}/", "logs/b/"]`, "archiveKey", keyARN, "archiveRegion", "us-east-1", "archiveZone", "Asia/Tokyo", "archiveRestore", "true",
		"searchAuth", "basic", "searchSecret", secretARN, "searchSecretKey", keyARN, "searchSecurityGroup", "sg-0123456789abcdef0",
		"vpc", vpc, "subnets", subnetA + "," + subnetB, "s3Endpoint", "true", "routeTables", "rtb-0123456789abcdef0", "secretsEndpoint", "true", "listInVpc", "true",
		"tags", "team=search,cost=42", "runKey", keyARN, "permissionsBoundary", "arn:aws:iam::123456789012:policy/boundary",
		"indexPrefix", "app", "zone", "Europe/Berlin", "fields", "logGroup,region", "parse", "true",
		"shards", "2", "replicas", "0", "loadReplicas", "0", "refreshInterval", "30s", "exact", "true",
		"timeField", "when", "assumeZone", "Asia/Tokyo", "ids", "derived",
		"listMemory", "256", "prepareMemory", "128", "indexMemory", "3008", "reportMemory", "2048",
		"indexTimeout", "600", "indexReserved", "20", "bulkBytes", "1048576", "bulkInFlight", "3", "bulkGzip", "true",
		"recordLimit", "2097152", "live", "true", "schedule", "05:30", "scheduleDays", "3", "keepRuns", "false",
		"runDays", "30", "logDays", "7", "email", "ops@example.com", "dashboard", "false",
		"expireAt", "4:15", "dashboardsUrl", "https://kibana.internal:5601", "maxBytes", "1000000000", "maxEvents", "5000000", "maxCost", "2.50", "maxDuration", "2h",
	}, more...)
}

// whole is an archive and a domain that the stack makes itself.
func whole(more ...any) []any {
	return append([]any{
		"archive", "new", "archiveLogGroups", "/ecs-task,/ecs-web", "archiveErrorPrefix", "failed/", "archiveBufferSeconds", "300",
		"archiveBufferMebibytes", "32", "archiveGlacierDays", "60", "archiveExpiryDays", "400",
		"search", "new", "searchVersion", "OpenSearch_2.17", "searchInstance", "m7g.large.search", "searchNodes", "4", "searchVolume", "200",
		"searchReaders", "arn:aws:iam::123456789012:role/searcher", "vpc", vpc, "subnets", subnetA + "," + subnetB,
		"loadReplicas", "0", "secretsSecurityGroup", "sg-0123456789abcdef1", "live", "true", "schedule", "00:05",
	}, more...)
}

// stacks are these by name.
func stacks() map[string][]any {
	return map[string][]any{"files": files(), "least": least(), "signed": signed(), "private": private(), "whole": whole()}
}
