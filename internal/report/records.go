package report

import (
	"fmt"
	"io"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// record is one child execution as a ResultWriter without transformation
// writes it. A pending one has only Input and Status.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type record struct {
	ExecutionArn string
	Input        string
	Output       string
	Error        string
	Cause        string
	Status       string
}

// maxRecord bounds the bytes of a record that are held: its input and output have at
// most 256 KiB each, of which none takes more than six bytes in a string.
const maxRecord = 8 << 20

// recordReader reads a file of results, an array of records, a record at a time. A
// report spends most of its time here: one scan is half of what encoding/json takes.
type recordReader struct {
	body io.Reader
	// text has been read and from on not been given; passed bytes came before it.
	text   []byte
	from   int
	passed int64
	begun  bool
	nest   jsonscan.Nest
}

// each gives the records to do, whose error it returns. Its own are *brokenFile: the
// body's, or what is no array of records, and where.
func (r *recordReader) each(do func(record) error) error {
	for {
		one, end, last, problem := r.scan()
		switch {
		case problem == jsonscan.Short:
			if err := r.more(); err != nil {
				return &brokenFile{err}
			}
			continue
		case problem != "":
			return &brokenFile{fmt.Errorf("%s, at byte %d", problem, r.passed+int64(end))}
		case last:
			return nil
		}
		r.from, r.begun = end, true
		if err := do(one); err != nil {
			return err
		}
	}
}

// scan reads the next record, and tells where it ends; or, if last, that there is
// none.
func (r *recordReader) scan() (one record, end int, last bool, p jsonscan.Problem) {
	i := r.from
	if r.begun {
		i, last, p = jsonscan.Next(r.text, i, ']')
	} else if i = jsonscan.Space(r.text, i); i == len(r.text) {
		p = jsonscan.Short
	} else if r.text[i] != '[' {
		p = "no array begins here"
	} else {
		i, last, p = jsonscan.First(r.text, i)
	}
	if p != "" || last {
		return one, i, last, p
	}
	if i == len(r.text) {
		return one, i, false, jsonscan.Short
	}
	if r.text[i] != '{' {
		return one, i, false, "a record must be an object"
	}
	end, p = eachMember(&r.nest, r.text, i, func(name, v jsonscan.Value) jsonscan.Problem {
		to := one.member(r.text, name)
		switch {
		case to == nil || v.Kind == 'n':
			return ""
		case v.Kind != '"':
			return "what should be a string is none"
		}
		*to = v.Text(r.text)
		return ""
	})
	return one, end, false, p
}

// member is where the member of this name goes, nil where it does not matter.
func (r *record) member(text []byte, name jsonscan.Value) *string {
	for _, m := range [...]struct {
		name string
		to   *string
	}{
		{"ExecutionArn", &r.ExecutionArn},
		{"Input", &r.Input},
		{"Output", &r.Output},
		{"Error", &r.Error},
		{"Cause", &r.Cause},
		{"Status", &r.Status},
	} {
		if name.Is(text, m.name) {
			return m.to
		}
	}
	return nil
}

// more reads on, so that a record that was cut off is whole at last.
func (r *recordReader) more() error {
	rest := r.text[r.from:]
	r.passed += int64(r.from)
	if len(rest) > maxRecord {
		return fmt.Errorf("a record has more than %d bytes, from byte %d on", maxRecord, r.passed)
	}
	text := r.text[:0]
	if cap(text) < 2*len(rest) || cap(text) == 0 {
		text = make([]byte, 0, max(64<<10, 4*len(rest)))
	}
	text = append(text, rest...)
	n, err := io.ReadAtLeast(r.body, text[len(text):cap(text)], 1)
	r.text, r.from = text[:len(text)+n], 0
	if err == io.EOF { // not a fault of S3's that wraps one
		return io.ErrUnexpectedEOF
	}
	return err
}

// eachMember gives the members of the object at i to do, and tells where it ends or,
// if there is a problem, where that is.
func eachMember(nest *jsonscan.Nest, text []byte, i int, do func(name, v jsonscan.Value) jsonscan.Problem) (end int, p jsonscan.Problem) {
	i, done, p := jsonscan.First(text, i)
	for p == "" && !done {
		var name, v jsonscan.Value
		if i, name, p = jsonscan.Name(text, i); p != "" {
			break
		}
		at := i
		if v, i, p = nest.Value(text, i, 2); p != "" {
			break
		}
		if p = do(name, v); p != "" {
			return at, p
		}
		i, done, p = jsonscan.Next(text, i, '}')
	}
	return i, p
}

// objectOf is the member "object" of the text of a child's input, nil where the text is
// no JSON object or has none.
func objectOf(input string) []byte {
	text := []byte(input)
	i := jsonscan.Space(text, 0)
	if i == len(text) || text[i] != '{' {
		return nil
	}
	var object []byte
	end, p := eachMember(new(jsonscan.Nest), text, i, func(name, v jsonscan.Value) jsonscan.Problem {
		if name.Is(text, "object") && v.Kind == '{' {
			object = v.Of(text)
		}
		return ""
	})
	if p != "" || jsonscan.Space(text, end) != len(text) {
		return nil
	}
	return object
}
