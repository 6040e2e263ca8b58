package run

// ParsedField is the one member of a document under which the members of a JSON
// message lie where Settings.Parse is on.
const ParsedField = "parsed"

// FieldPath is the document's field, in dotted form, that one of FieldNames adds:
// the Elastic Common Schema's names, and where it has none those of Elastic's
// own CloudWatch integration. It is empty for any other name.
// https://www.elastic.co/guide/en/ecs/current/ecs-cloud.html
func FieldPath(name string) string {
	switch name {
	case "logGroup":
		return "aws.cloudwatch.log_group"
	case "logStream":
		return "aws.cloudwatch.log_stream"
	case "account":
		return "cloud.account.id"
	case "region":
		return "cloud.region"
	}
	return ""
}
