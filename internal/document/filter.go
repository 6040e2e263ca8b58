package document

import (
	"fmt"
	"regexp"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Filter tells which events a run wants. It keeps what it found for the last
// record, so that each goroutine needs one of its own.
type Filter struct {
	include, exclude patterns

	header  *decode.Header
	wanted  bool   // the header does not speak against its events
	unasked bool   // nor need their messages be looked at
	text    []byte // a message, unescaped
}

// patterns are a run.Filter, compiled.
type patterns struct{ group, stream, message []*regexp.Regexp }

// NewFilter compiles the filters of a run: an event passes if each member given
// in include matches it and no member given in exclude does. A pattern that
// cannot be compiled is an error that names it.
func NewFilter(include, exclude run.Filter) (*Filter, error) {
	in, err := compile(include)
	if err != nil {
		return nil, fmt.Errorf("include: %w", err)
	}
	out, err := compile(exclude)
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	return &Filter{include: in, exclude: out}, nil
}

// Pass tells whether the run wants e.
func (f *Filter) Pass(e *decode.Event) bool {
	if f.header != e.Header || e.Header == nil {
		f.header = e.Header
		f.decide(e.Header)
	}
	if !f.wanted || f.unasked {
		return f.wanted
	}
	f.text, _ = jsonscan.AppendUnescaped(f.text[:0], e.Message[1:len(e.Message)-1])
	return passes(f.include.message, f.text) && !matches(f.exclude.message, f.text)
}

// decide looks at what all events of a record have in common.
func (f *Filter) decide(h *decode.Header) {
	if h == nil {
		h = &decode.Header{}
	}
	group, stream := []byte(h.LogGroup), []byte(h.LogStream)
	f.wanted = passes(f.include.group, group) && passes(f.include.stream, stream) &&
		!matches(f.exclude.group, group) && !matches(f.exclude.stream, stream)
	f.unasked = len(f.include.message) == 0 && len(f.exclude.message) == 0
}

func passes(list []*regexp.Regexp, text []byte) bool {
	return len(list) == 0 || matches(list, text)
}

func matches(list []*regexp.Regexp, text []byte) bool {
	for _, r := range list {
		if r.Match(text) {
			return true
		}
	}
	return false
}

func compile(f run.Filter) (p patterns, err error) {
	if p.group, err = compileAll(f.LogGroup, globExpression); err != nil {
		return p, fmt.Errorf("logGroup: %w", err)
	}
	if p.stream, err = compileAll(f.LogStream, globExpression); err != nil {
		return p, fmt.Errorf("logStream: %w", err)
	}
	if p.message, err = compileAll(f.Message, itself); err != nil {
		return p, fmt.Errorf("message: %w", err)
	}
	return p, nil
}

func itself(s string) (string, error) { return s, nil }

func compileAll(list []string, expression func(string) (string, error)) ([]*regexp.Regexp, error) {
	var all []*regexp.Regexp
	for _, pattern := range list {
		x, err := expression(pattern)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		r, err := regexp.Compile(x)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		all = append(all, r)
	}
	return all, nil
}
