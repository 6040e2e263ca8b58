package document

import (
	"slices"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Names of the optional members of a document. Those of a log group and stream
// are the ones of Filebeat's aws-cloudwatch input and Elastic's Firehose
// integration, the others ECS:
// https://www.elastic.co/guide/en/beats/filebeat/8.19/exported-fields-aws-cloudwatch.html
// https://www.elastic.co/guide/en/ecs/8.17/ecs-cloud.html
const (
	LogGroupField  = "aws.cloudwatch.log_group"
	LogStreamField = "aws.cloudwatch.log_stream"
	AccountField   = "cloud.account.id"
	RegionField    = "cloud.region"
)

// fields adds the members that say where an event came from, the same for all
// events of a record.
type fields struct {
	group, stream, account bool
	region                 string // empty: not asked for

	header *decode.Header
	text   []byte // the members of header's events
}

func newFields(names []string, region string) fields {
	f := fields{
		group:   slices.Contains(names, "logGroup"),
		stream:  slices.Contains(names, "logStream"),
		account: slices.Contains(names, "account"),
	}
	if slices.Contains(names, "region") {
		f.region = region
	}
	return f
}

func (f *fields) append(dst []byte, h *decode.Header) []byte {
	if f.header != h {
		f.header, f.text = h, f.make(f.text[:0], h)
	}
	return append(dst, f.text...)
}

// make writes ,"aws":{"cloudwatch":{…}},"cloud":{…}, or less of it.
func (f *fields) make(dst []byte, h *decode.Header) []byte {
	text := func(lead, value, trail string) {
		dst = append(append(dst, lead...), '"')
		dst = append(append(jsonscan.AppendEscaped(dst, value), '"'), trail...)
	}
	switch {
	case f.group && f.stream:
		text(`,"aws":{"cloudwatch":{"log_group":`, h.LogGroup, ``)
		text(`,"log_stream":`, h.LogStream, `}}`)
	case f.group:
		text(`,"aws":{"cloudwatch":{"log_group":`, h.LogGroup, `}}`)
	case f.stream:
		text(`,"aws":{"cloudwatch":{"log_stream":`, h.LogStream, `}}`)
	}
	switch {
	case f.account && f.region != "":
		text(`,"cloud":{"account":{"id":`, h.Owner, `}`)
		text(`,"region":`, f.region, `}`)
	case f.account:
		text(`,"cloud":{"account":{"id":`, h.Owner, `}}`)
	case f.region != "":
		text(`,"cloud":{"region":`, f.region, `}`)
	}
	return dst
}
