package settings

import "github.com/rehydrate/rehydrate/internal/run"

// Table lists every setting in the order in which a person thinks of them.
func Table() []Row {
	return rows(&Settings{})
}

// rows binds each setting to its place in s.
func rows(s *Settings) []Row {
	a, c, n, i, l, r, w := &s.Archive, &s.Search, &s.Network, &s.Index, &s.Lambdas, &s.Runs, &s.Watch
	return []Row{
		text(&s.Stack, "stack", "rehydrate", "a name", "Name of the stack, and beginning of the names in it: one stack for each archive."),

		text(&a.Bucket, "archive", "", "bucket or `new`", "**Required.** Bucket that holds the archive; it is only ever read. `new` makes one, and the way of the logs into it."),
		list(&a.Prefixes, "archivePrefix", []string{run.DefaultArchivePrefix}, "list of Firehose prefix expressions", "Where in the bucket the logs are, as Firehose's own *prefix* says it."),
		zone(&a.Zone, "archiveZone", "UTC", "Zone of the times in the archive's keys (Firehose's *CustomTimeZone*)."),
		text(&a.Region, "archiveRegion", "", "AWS region", "Region that the archive's logs are from, where it is not the stack's: what the field `region` says."),
		text(&a.Key, "archiveKey", "", "ARN of a KMS key", "Key that the archive's objects are encrypted with, where it is a customer's."),
		list(&a.LogGroups, "archiveLogGroups", nil, "list of log groups", "New archive: log groups, such as those of Fargate's awslogs driver, from which everything is archived."),
		text(&a.ErrorPrefix, "archiveErrorPrefix", "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/", "a Firehose prefix expression", "New archive: where Firehose puts what it could not deliver."),
		number(&a.BufferSeconds, "archiveBufferSeconds", 900, 60, 900, "New archive: seconds after which Firehose closes an object."),
		number(&a.BufferMebibytes, "archiveBufferMebibytes", 64, 1, 128, "New archive: MiB after which Firehose closes an object."),
		number(&a.GlacierDays, "archiveGlacierDays", 30, 0, 36500, "New archive: days after which objects move to Glacier Instant Retrieval; 0 for never."),
		number(&a.ExpiryDays, "archiveExpiryDays", 0, 0, 36500, "New archive: days after which objects are deleted; 0 for never."),

		text(&c.URL, "search", "", "URL or `new`", "**Required.** The Elasticsearch or OpenSearch cluster. `new` makes an Amazon OpenSearch Service domain in the VPC."),
		oneOf(&c.Auth, "searchAuth", "none", []string{"none", "basic", "apikey", "sigv4"}, "How the Lambdas sign in. A new domain takes `sigv4` by itself."),
		text(&c.Secret, "searchSecret", "", "ARN of a secret", "Secret that holds `{\"username\": …, \"password\": …}` for `basic`, or the encoded API key for `apikey`."),
		text(&c.SecretKey, "searchSecretKey", "", "ARN of a KMS key", "Key that the secret is encrypted with, where it is a customer's."),
		file(&c.CA, "searchCA", maxCA, "PEM file with a certificate authority to trust beside the system's."),
		text(&c.Domain, "searchDomain", "", "ARN of a domain", "The Amazon domain behind the URL; needed for `sigv4`, so that the Lambdas' rights name it."),
		text(&c.SecurityGroup, "searchSecurityGroup", "", "security group id", "Security group of the cluster: the stack opens the cluster's port in it to the Lambdas."),
		text(&c.Version, "searchVersion", "OpenSearch_2.19", "engine version", "New domain: its engine."),
		text(&c.Instance, "searchInstance", "r7g.large.search", "instance type", "New domain: type of its data nodes."),
		number(&c.Nodes, "searchNodes", 2, 1, 80, "New domain: how many data nodes; from 2 on they are spread over two or three zones, as many as there are subnets."),
		number(&c.Gibibyte, "searchVolume", 100, 10, 16384, "New domain: GiB of disk (gp3) of each data node."),
		list(&c.Readers, "searchReaders", nil, "list of IAM ARNs", "New domain: roles or users that may search its indices, beside the Lambdas."),

		text(&n.VPC, "vpc", "", "VPC id", "VPC in which the cluster can be reached; leave out for a public endpoint."),
		list(&n.Subnets, "subnets", nil, "list of subnet ids", "Private subnets of the VPC for the Lambdas (and a new domain)."),
		flag(&n.Endpoints, "endpoints", false, "Make VPC endpoints for S3 and, where a secret is read, Secrets Manager: for subnets without NAT."),
		list(&n.RouteTables, "routeTables", nil, "list of route table ids", "Route tables of the subnets, into which the S3 endpoint goes; needed for `endpoints`."),

		text(&i.Prefix, "indexPrefix", run.DefaultIndexPrefix, "an index prefix", "Indices are named PREFIX-YYYY-MM-DD."),
		zone(&i.Zone, "zone", run.DefaultZone, "Zone whose days the indices, the request and the schedule are meant in."),
		list(&i.Fields, "fields", nil, "list of logGroup, logStream, account, region", "Fields that each document gets beside `@timestamp` and `message`."),
		flag(&i.Parse, "parse", false, "Add the members of messages that are JSON, in one flattened field."),
		number(&i.Shards, "shards", -1, -1, 1024, "Primary shards of a new index; -1 for the cluster's default."),
		number(&i.Replicas, "replicas", -1, -1, 100, "Replicas of a new index; -1 for the cluster's default."),
		text(&i.RefreshInterval, "refreshInterval", "", "such as `30s`", "Refresh interval of a new index; empty for the cluster's default."),

		number(&l.ListMemory, "listMemory", 512, 128, 10240, "MiB of memory of the list Lambda."),
		number(&l.PrepareMemory, "prepareMemory", 256, 128, 10240, "MiB of memory of the prepare Lambda."),
		number(&l.IndexMemory, "indexMemory", 1769, 128, 10240, "MiB of memory of the index Lambda; 1769 is one whole processor."),
		number(&l.ReportMemory, "reportMemory", 1024, 128, 10240, "MiB of memory of the report Lambda."),
		number(&l.IndexSeconds, "indexTimeout", 900, 60, 900, "Seconds after which a call of the index Lambda ends; a bigger object takes more calls."),
		number(&l.IndexReserved, "indexReserved", 0, 0, 10000, "Reserved concurrency of the index Lambda: it can then neither take more from the account nor be starved; 0 for none."),
		number(&l.BulkBytes, "bulkBytes", run.DefaultBulkBytes, 1<<10, 100<<20, "Bytes of a bulk body, before compression."),
		number(&l.BulkInFlight, "bulkInFlight", run.DefaultBulkInFlight, 1, 64, "Bulk requests of one index Lambda under way at once."),
		flag(&l.BulkGzip, "bulkGzip", false, "Compress bulk bodies: less traffic, more processor."),
		number(&l.RecordLimit, "recordLimit", run.DefaultRecordLimit, 1<<20, 1<<30, "Bytes above which a record of the archive counts as damage."),

		flag(&r.Live, "live", false, "Index new objects as they arrive. An existing bucket has to send its events to EventBridge: `go run ./cdk/ops events -bucket NAME`."),
		text(&r.Schedule, "schedule", "", "`HH:MM`", "Time of day, in `zone`, at which the last days are indexed again; empty for never."),
		number(&r.ScheduleDays, "scheduleDays", 2, 1, 31, "How many days the schedule indexes."),
		flag(&r.Keep, "keepRuns", true, "Keep the run bucket (and a new archive) when the stack is destroyed."),
		number(&r.Days, "runDays", 90, 1, 3650, "Days after which a run's files are deleted: its report, and what `retry` needs."),
		number(&r.LogDays, "logDays", 30, 1, 3653, "Days that logs are kept; one of those that CloudWatch Logs knows."),

		text(&w.Email, "email", "", "an address", "Address that is told of alarms and of each run's end."),
		flag(&w.Dashboard, "dashboard", true, "Make a CloudWatch dashboard."),
	}
}
