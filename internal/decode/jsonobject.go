package decode

import (
	"encoding/json"
	"strings"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// jsonObject is one that is no subscription record, as far as it matters:
// the members that say something of an event, under all the names that they have.
// docs/forms.md tells where each spelling was met.
type jsonObject struct {
	id, message, group, stream, owner jsonscan.Value
	// timestamp is the event's own time; date is Fluent Bit's.
	timestamp, date jsonscan.Value
	// text is a message under the name that Docker gives it.
	text jsonscan.Value
	// What Docker, ECS and Kubernetes say of a container.
	container, containerID, task, definition, cluster, kubernetes, tag jsonscan.Value

	members int
	first   string // the first member's role, where it is a date or @timestamp
	// record: it has members that only subscription records have.
	record bool
	// Members that neither an event, nor a container's line has, or that are given
	// again with another value: the message is then the whole object, so that
	// nothing is lost.
	beyondEvent, beyondContainer bool
}

// scan scans the object at i to behind its closing brace or, where the object may
// hold records, to a member that only these have.
func (o *jsonObject) scan(d *Decoder, b []byte, i int) (int, jsonscan.Problem) {
	const depth = 1 // inside of the object
	*o = jsonObject{}
	may := d.form == "" || d.form == Events // hold records
	i, done, p := jsonscan.First(b, i)
	for p == "" && !done {
		var name, value jsonscan.Value
		if i, name, p = jsonscan.Name(b, i); p != "" {
			return i, p
		}
		if may {
			if o.record = isRecord(b, name, i); o.record {
				return i, ""
			}
		}
		if value, i, p = d.nest.Value(b, i, depth); p != "" {
			return i, p
		}
		o.take(b, name, value)
		i, done, p = jsonscan.Next(b, i, '}')
	}
	return i, p
}

// isRecord tells whether a member, whose value begins at i, is one of a
// subscription record or of a Firehose error record.
func isRecord(b []byte, name jsonscan.Value, i int) bool {
	text := name.Of(b)
	if name.Traits&jsonscan.Escaped != 0 {
		text = []byte(name.Text(b))
	}
	switch string(text) {
	case "logEvents", "rawData":
		return true
	case "messageType":
		v, _, p := jsonscan.Scalar(b, i)
		return p == "" && v.Kind == '"' && (v.Is(b, "DATA_MESSAGE") || v.Is(b, "CONTROL_MESSAGE"))
	}
	return false
}

// role is which of the members of events, and which of those of containers' lines a
// name is.
type role uint8

const (
	ofEvent role = 1 << iota
	ofContainer
)

// take takes notice of a member.
func (o *jsonObject) take(b []byte, name, value jsonscan.Value) {
	o.members++
	slot, role := o.slot(name.Of(b))
	if o.members == 1 && (slot == &o.date || slot == &o.timestamp) {
		o.first = string(name.Of(b))
	}
	if slot != nil && !absent(value) && !keep(b, slot, value) {
		role = 0
	}
	o.beyondEvent = o.beyondEvent || role&ofEvent == 0
	o.beyondContainer = o.beyondContainer || role&ofContainer == 0
}

// slot is where a member's value is kept, if it is, and what has such a member.
func (o *jsonObject) slot(name []byte) (*jsonscan.Value, role) {
	switch string(name) {
	case "id", "@id", "eventId", "event_id":
		return &o.id, ofEvent
	case "timestamp", "@timestamp", "time":
		return &o.timestamp, ofEvent | ofContainer
	case "message", "@message", "msg":
		return &o.message, ofEvent | ofContainer
	case "logGroup", "log_group", "@log_group", "logGroupName", "log_group_name":
		return &o.group, ofEvent
	case "logStream", "log_stream", "@log_stream", "logStreamName", "log_stream_name":
		return &o.stream, ofEvent
	case "owner", "@owner", "awsAccountId", "account_id":
		return &o.owner, ofEvent
	case "messageType", "subscriptionFilters", "ingestionTime", "ingestion_time", "@ingestion_time", "extractedFields", "awsRegion":
		return nil, ofEvent
	case "date":
		return &o.date, ofContainer
	case "log":
		return &o.text, ofContainer
	case "container_name":
		return &o.container, ofContainer
	case "container_id":
		return &o.containerID, ofContainer
	case "ecs_task_arn":
		return &o.task, ofContainer
	case "ecs_task_definition":
		return &o.definition, ofContainer
	case "ecs_cluster":
		return &o.cluster, ofContainer
	case "kubernetes":
		return &o.kubernetes, ofContainer
	case "tag":
		return &o.tag, ofContainer
	case "source", "stream", "ec2_instance_id", "logtag", "_p",
		"partial_message", "partial_id", "partial_ordinal", "partial_last":
		return nil, ofContainer
	}
	return nil, 0
}

// isSingle tells whether it is a line of a run into files, usable or not.
func (o *jsonObject) isSingle() bool {
	return o.first == "@timestamp" && o.id.Kind != 0 && o.group.Kind != 0 && o.stream.Kind != 0 && o.message.Kind != 0
}

// isEvent tells whether an object that is the first of its kind is an event and
// no message: it has a time, and says of which log it is or which of CloudWatch
// Logs' events.
func (o *jsonObject) isEvent(b []byte, d *Decoder) bool {
	if o.group.Kind != '"' && o.stream.Kind != '"' && (o.message.Kind != '"' || !isEventID(o.id.Of(b))) {
		return false
	}
	_, ok := d.timeOf(b, o.timestamp, &d.reader)
	return ok
}

// isEventID tells whether a text has the form of CloudWatch Logs' ids of events.
func isEventID(id []byte) bool {
	return len(id) >= 50 && len(id) <= 60 && jsonscan.Digits(id, 0) == len(id)
}

// isFluentBit tells whether an object that is the first of its kind is of Fluent
// Bit, of Docker or of Fluentd and no message: it begins with a date, or says from
// which container it is.
func (o *jsonObject) isFluentBit(b []byte, d *Decoder) bool {
	if o.container.Kind == '"' || o.containerID.Kind == '"' || o.task.Kind == '"' || o.definition.Kind == '"' || o.kubernetes.Kind == '{' {
		return true
	}
	if o.text.Kind == '"' && !o.beyondContainer {
		return true
	}
	_, ok := d.timeOf(b, o.date, &d.reader)
	return ok && o.first == "date"
}

// origin writes what tells the header of one event from that of another.
func (o *jsonObject) origin(dst, b []byte) []byte {
	for _, v := range []*jsonscan.Value{&o.group, &o.stream, &o.owner, &o.container, &o.containerID, &o.task, &o.definition, &o.cluster, &o.kubernetes, &o.tag} {
		dst = append(append(dst, v.Of(b)...), 0)
	}
	return dst
}

// header says where the event is from. Of a container that is
//
//	group   the family of the task's definition, else the cluster; Kubernetes' namespace
//	stream  CONTAINER/TASK as the awslogs driver has it; POD/CONTAINER; CONTAINER; the tag
func (o *jsonObject) header(b []byte, tag string) *Header {
	h := &Header{LogGroup: textOf(b, o.group), LogStream: textOf(b, o.stream), Owner: textOf(b, o.owner)}
	container := strings.TrimPrefix(textOf(b, o.container), "/") // Docker's names begin so
	var pod struct {
		Namespace string `json:"namespace_name"`
		Name      string `json:"pod_name"`
		Container string `json:"container_name"`
	}
	if o.kubernetes.Kind == '{' && json.Unmarshal(o.kubernetes.Of(b), &pod) != nil {
		pod.Name = "" // of another form: nothing depends on it
	}
	family, _, _ := strings.Cut(textOf(b, o.definition), ":")
	h.LogGroup = firstOf(h.LogGroup, family, textOf(b, o.cluster), pod.Namespace)
	task := textOf(b, o.task)
	task = task[lastSlash(task)+1:]
	switch {
	case h.LogStream != "":
	case task != "":
		h.LogStream = joined(container, task)
	case pod.Name != "":
		h.LogStream = joined(pod.Name, pod.Container)
	default:
		h.LogStream = firstOf(container, textOf(b, o.containerID), tag, textOf(b, o.tag))
	}
	return h
}

func joined(a, b string) string { return strings.Trim(a+"/"+b, "/") }

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

func lastSlash(s string) int { return strings.LastIndexByte(s, '/') }

// textOf is the text of a string, empty for any other value.
func textOf(b []byte, v jsonscan.Value) string {
	if v.Kind != '"' {
		return ""
	}
	return v.Text(b)
}
