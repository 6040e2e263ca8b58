package sample

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// eventLines are objects of Firehose's whose transform wrote the events one a line,
// each object in another spelling.
func eventLines(share []draft) []draft {
	spell := []func(*Event) string{spelledPlain, spelledAt, spelledSnake, spelledAnswer}
	var all []draft
	for i, d := range share {
		laid := draft{key: d.key, begun: d.begun, modified: d.modified, format: "events as JSON lines", plain: i%3 == 0}
		for _, e := range usable(share[i : i+1]) {
			laid.lines = append(laid.lines, line{text: spell[i%len(spell)](&e) + "\n", event: &e})
		}
		all = append(all, laid)
	}
	return all
}

// spelledPlain is the event of the record, with the record's own members.
func spelledPlain(e *Event) string {
	return fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":%s,"logGroup":%s,"logStream":%s,"owner":"%s"}`,
		e.ID, e.Time.UnixMilli(), quoted(e.Message), quoted(e.Group), quoted(e.Stream), e.Owner)
}

// spelledAt has the names that logs have elsewhere, and the time in words.
func spelledAt(e *Event) string {
	return fmt.Sprintf(`{"@id":"%s","@timestamp":"%s","@message":%s,"@owner":"%s","@log_group":%s,"@log_stream":%s}`,
		e.ID, e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), quoted(e.Message), e.Owner, quoted(e.Group), quoted(e.Stream))
}

func spelledSnake(e *Event) string {
	return fmt.Sprintf(`{"owner": "%s", "log_group": %s, "log_stream": %s, "timestamp": %d, "message": %s, "event_id": "%s"}`,
		e.Owner, quoted(e.Group), quoted(e.Stream), e.Time.UnixMilli(), quoted(e.Message), e.ID)
}

// spelledAnswer is an event as FilterLogEvents answers it, which names no owner.
func spelledAnswer(e *Event) string {
	e.Owner = ""
	return fmt.Sprintf(`{"logGroupName":%s,"logStreamName":%s,"timestamp":%d,"message":%s,"ingestionTime":%d,"eventId":"%s"}`,
		quoted(e.Group), quoted(e.Stream), e.Time.UnixMilli(), quoted(e.Message), e.Time.UnixMilli()+1234, e.ID)
}

// quoted is s as a JSON string.
func quoted(s string) string { return string(appendString(nil, s, false)) }

// messageLines are objects of Firehose's of which a transform, or message
// extraction, has left the messages alone: a line each, or more where they have
// more. In some the messages are JSON, one behind the other without line ends.
func messageLines(share []draft) []draft {
	var all []draft
	for i, d := range share {
		laid := draft{key: d.key, begun: d.begun, modified: d.modified, format: "messages only", plain: i%3 == 0}
		joined := i%5 == 4
		for _, e := range usable(share[i : i+1]) {
			switch {
			case !joined:
			case strings.HasPrefix(e.Message, `{"level":`):
				laid.lines = append(laid.lines, laid.message(e.Message))
				continue
			default:
				continue
			}
			for text := range strings.Lines(e.Message + "\n") {
				laid.lines = append(laid.lines, laid.message(text))
			}
		}
		if len(laid.lines) > 0 {
			all = append(all, laid)
		}
	}
	return all
}

// message is a line of a message: an event of its own, at the time that it states
// or when its object was begun; none where it is blank.
func (d *draft) message(text string) line {
	message := strings.TrimSuffix(text, "\n")
	if strings.TrimSpace(message) == "" {
		return line{text: text}
	}
	e := Event{Message: message, Time: d.begun}
	stated, ok := statedTime(message)
	if ok {
		e.Time = stated
	}
	e.Approximate = !ok
	e.placed(d.key, len(d.lines))
	return line{text: text, event: &e}
}

// statedTime reads the time of a message as the sources of this package write
// them.
func statedTime(message string) (time.Time, bool) {
	var request struct{ TS string }
	if strings.HasPrefix(message, `{"level":`) && json.Unmarshal([]byte(message), &request) == nil {
		t, err := time.Parse("2006-01-02T15:04:05.000-0700", request.TS)
		return t, err == nil
	}
	for _, form := range []string{"2006-01-02 15:04:05.000", time.RFC3339} {
		n := len(form)
		if form == time.RFC3339 {
			n = len("2006-01-02T15:04:05Z")
		}
		if len(message) < n {
			continue
		}
		if t, err := time.Parse(form, message[:n]); err == nil {
			return t, true
		}
	}
	const access = "02/Jan/2006:15:04:05 -0700"
	if i := strings.Index(message, " - - ["); i > 0 && len(message) > i+6+len(access) {
		t, err := time.Parse(access, message[i+6:i+6+len(access)])
		return t, err == nil
	}
	return time.Time{}, false
}
