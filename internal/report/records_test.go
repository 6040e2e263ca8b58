package report

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/run"
)

// readRecords gives the records before the end or the error, read in pieces of all
// sizes.
func readRecords(t *testing.T, text string) ([]record, error) {
	t.Helper()
	var all []record
	var first error
	for i, body := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		var got []record
		err := (&recordReader{body: body}).each(func(r record) error {
			got = append(got, r)
			return nil
		})
		if i > 0 && (!slices.Equal(got, all) || (err == nil) != (first == nil)) {
			t.Errorf("%q: in other pieces %v, %v and not %v, %v", text, got, err, all, first)
		}
		all, first = got, err
	}
	return all, first
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []record
		err        string
	}{
		{"none", `[]`, nil, ""},
		{"some, with other members", ` [ {"Input":"{\"a\":\"\u00e9\"}","Name":"x","RedriveCount":0} , {"Status":"PENDING","InputDetails":{"Included":true}} ] `, []record{{Input: `{"a":"é"}`}, {Status: "PENDING"}}, ""},
		{"names in other words", `[{"\u0049nput":"a","Output":null}]`, []record{{Input: "a"}}, ""},
		{"no text", ``, nil, "unexpected EOF"},
		{"an object", `{"Status":"FAILED"}`, nil, "no array begins here, at byte 0"},
		{"cut off", `[{"Status":"SUCCEEDED"},{"Status":"SUCC`, []record{{Status: "SUCCEEDED"}}, "unexpected EOF"},
		{"no end", `[{"Status":"SUCCEEDED"}`, []record{{Status: "SUCCEEDED"}}, "unexpected EOF"},
		{"no comma", `[{} {}]`, []record{{}}, "a comma or closing bracket must follow an array's element, at byte 4"},
		{"an element that is no object", `[{},"a"]`, []record{{}}, "a record must be an object, at byte 4"},
		{"an input that is no string", `[{"Input":{}}]`, nil, "what should be a string is none, at byte 10"},
		{"no JSON", `[{"Status":SUCCEEDED}]`, nil, "no JSON value begins here, at byte 11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readRecords(t, c.text)
			if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("%+v, %v\nwant %+v, %s", got, err, c.want, c.err)
			}
			var broken *brokenFile
			if err != nil && !errors.As(err, &broken) {
				t.Errorf("%v is no brokenFile", err)
			}
		})
	}
}

// What a file without an end holds is not taken into memory.
func TestEndlessRecord(t *testing.T) {
	err := (&recordReader{body: io.MultiReader(strings.NewReader(`[{"Input":"`), endlessly{})}).each(func(record) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "more than 8388608 bytes, from byte 0 on") {
		t.Errorf("error %v", err)
	}
}

// What S3 says is not taken for the file's end.
func TestRecordsOfABrokenConnection(t *testing.T) {
	fault := &run.Fault{Name: run.Unavailable, Reason: "S3 broke off", Err: io.EOF}
	err := (&recordReader{body: io.MultiReader(strings.NewReader(`[{}`), iotest.ErrReader(fault))}).each(func(record) error { return nil })
	var got *run.Fault
	if !errors.As(err, &got) || got != fault {
		t.Errorf("error %v", err)
	}
}

type endlessly struct{}

func (endlessly) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Of any text the records are those that encoding/json finds.
func FuzzRecords(f *testing.F) {
	for _, text := range []string{
		`[]`, `[{"Input":"{\"object\":{\"key\":\"a\"}}","Output":"{}","Status":"SUCCEEDED"},{"Cause":"\ud83d\ude00","Error":"e"}]`, `[{},`, `[{"Status":null}] x`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "null") {
			return // encoding/json has another word for bad bytes, and takes null for a record
		}
		got, err := readRecords(t, text)
		d := json.NewDecoder(strings.NewReader(text))
		start, wrong := d.Token()
		var want []record
		if wrong == nil && start == json.Delim('[') {
			for d.More() {
				var m map[string]any // names as they stand
				if wrong = d.Decode(&m); wrong != nil {
					break
				}
				r := record{}
				for name, to := range map[string]*string{"ExecutionArn": &r.ExecutionArn, "Input": &r.Input, "Output": &r.Output, "Error": &r.Error, "Cause": &r.Cause, "Status": &r.Status} {
					if v, ok := m[name]; ok {
						s, ok := v.(string)
						if !ok {
							wrong = errors.New("no string")
						}
						*to = s
					}
				}
				if wrong != nil {
					break
				}
				want = append(want, r)
			}
			if wrong == nil {
				_, wrong = d.Token()
			}
		} else {
			wrong = errors.New("no array")
		}
		if !slices.Equal(got, want) || (err == nil) != (wrong == nil) {
			t.Errorf("%q: %+v, %v\nencoding/json: %+v, %v", text, got, err, want, wrong)
		}
	})
}
