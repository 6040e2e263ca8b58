package timestamp

import (
	"bytes"
	"strings"
)

// How far into a line its time is looked for: behind levels and brackets, and
// behind a client's names in the log of a web server.
const (
	maxLead  = 64
	maxNames = 160
)

// Leading reads the time that a line of a log begins with. It may stand in
// brackets or quotes, and behind a level or a name for it: `[INFO] 2018-…`,
// `time="2018-…`. In the logs of web servers it stands in brackets behind the
// client: `192.0.2.1 - - [10/Dec/2018:12:57:44 +0900] "GET …`.
func (r Reader) Leading(line []byte) (Time, bool) {
	head := line[:min(len(line), maxLead)]
	for i := 0; i < len(head); {
		if t, end, ok := r.read(line, i); ok && !digit(line, end) {
			return t, true
		}
		switch {
		case letter(head, i):
			n := i
			for letter(head, n) {
				n++
			}
			if !introduces(head[i:n]) {
				return Time{}, false
			}
			i = n
		case strings.IndexByte(" \t[](){}<>|\"'=:,;@-", head[i]) >= 0:
			i++
		default:
			return r.webServer(line)
		}
	}
	return Time{}, false
}

// introduces tells whether a word may stand before a line's time.
func introduces(word []byte) bool {
	var lower [13]byte // informational is the longest
	if len(word) > len(lower) {
		return false
	}
	for i, c := range word {
		lower[i] = c | 0x20
	}
	switch string(lower[:len(word)]) {
	case "time", "ts", "t", "timestamp", "date", "datetime", "at", "asctime",
		"level", "lvl", "severity", "loglevel",
		"trace", "debug", "info", "information", "informational", "notice", "warn", "warning", "error", "err",
		"critical", "crit", "fatal", "severe", "alert", "emerg", "panic", "fine", "finer", "finest", "config", "log",
		"i", "d", "w", "e", "f", "v":
		return true
	}
	return false
}

// webServer reads the time in the common log format and what is made of it.
// https://httpd.apache.org/docs/current/logs.html#common
func (r Reader) webServer(line []byte) (Time, bool) {
	head := line[:min(len(line), maxNames)]
	i := bytes.IndexByte(head, '[')
	if i < 0 || !bytes.Contains(head[:i], []byte(" - ")) {
		return Time{}, false
	}
	t, end, ok := r.read(line, i+1)
	return t, ok && is(line, end, ']')
}
