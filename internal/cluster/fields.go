package cluster

// Names of what documents may hold beside @timestamp and message, as package
// document writes them.
const parsedField = "parsed"

// fieldPath is the dotted path of one of run.FieldNames.
func fieldPath(name string) string {
	return map[string]string{
		"logGroup":  "aws.cloudwatch.log_group",
		"logStream": "aws.cloudwatch.log_stream",
		"account":   "cloud.account.id",
		"region":    "cloud.region",
	}[name]
}
