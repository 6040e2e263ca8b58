package archive

import (
	"strings"
	"time"
)

// KeyTime reads when the oldest record of an object arrived from its key, which
// Firehose ends with <stream>-<version>-YYYY-MM-DD-HH-MM-SS-<random><extension>,
// in zone; nil where the key does not end so.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
func KeyTime(key string, zone *time.Location) *time.Time {
	const form = "-0000-00-00-00-00-00-"
	name := key[strings.LastIndexByte(key, '/')+1:]
	// The last place that has the form: a stream's name may hold a time too.
	for i := len(name) - len(form) - 1; i >= 1; i-- {
		if !formed(name[i:], form) {
			continue
		}
		t, err := time.ParseInLocation("2006-01-02-15-04-05", name[i+1:i+len(form)-1], zone)
		if err == nil {
			return &t
		}
	}
	return nil
}

// formed tells whether s begins with digits and dashes where form does.
func formed(s, form string) bool {
	for i := range len(form) {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (form[i] == '0') || !digit && s[i] != form[i] {
			return false
		}
	}
	return true
}

// noObject tells whether a key is none of an archive's: a marker that stands for
// a folder, or what CloudWatch Logs leaves behind to see whether it may write.
func noObject(key string) bool {
	return strings.HasSuffix(key, "/") || key[strings.LastIndexByte(key, '/')+1:] == "aws-logs-write-test"
}
