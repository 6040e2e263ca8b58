package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// node is a JSON value of a definition and where it stands.
type node struct {
	pointer string // RFC 6901
	line    int
	// value is members, []node, string, json.Number, bool or nil.
	value any
}

// members of an object, in order.
type members []member

type member struct {
	name  string
	value node
}

// plain is the value without places, as encoding/json gives it.
func (n node) plain() any {
	switch v := n.value.(type) {
	case members:
		m := map[string]any{}
		for _, member := range v {
			m[member.name] = member.value.plain()
		}
		return m
	case []node:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = e.plain()
		}
		return l
	}
	return n.value
}

// nodeReader builds nodes out of a text.
type nodeReader struct {
	text   []byte
	tokens *json.Decoder
	// counted bytes of text have so many lines before them.
	counted, lines int
}

func parseNode(text []byte) (node, error) {
	r := &nodeReader{text: text, tokens: json.NewDecoder(bytes.NewReader(text)), lines: 1}
	r.tokens.UseNumber()
	n, err := r.next("")
	if err == nil {
		_, err = r.tokens.Token()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err == nil {
			err = errors.New("something stands after the definition")
		}
	}
	return node{}, fmt.Errorf("line %d: %w", r.line(), err)
}

// line of the token read last.
func (r *nodeReader) line() int {
	offset := min(int(r.tokens.InputOffset()), len(r.text))
	r.lines += bytes.Count(r.text[r.counted:offset], []byte("\n"))
	r.counted = offset
	return r.lines
}

func (r *nodeReader) next(pointer string) (node, error) {
	token, err := r.tokens.Token()
	if err != nil {
		return node{}, err
	}
	n := node{pointer: pointer, line: r.line(), value: token}
	switch token {
	case json.Delim('{'):
		n.value, err = r.members(pointer)
	case json.Delim('['):
		n.value, err = r.elements(pointer)
	}
	return n, err
}

func (r *nodeReader) members(pointer string) (members, error) {
	m := members{}
	seen := map[string]bool{}
	for r.tokens.More() {
		token, err := r.tokens.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // of an object, More leads to a name
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if seen[name] {
			return nil, fmt.Errorf("%s stands twice", at)
		}
		seen[name] = true
		v, err := r.next(at)
		if err != nil {
			return nil, err
		}
		m = append(m, member{name, v})
	}
	_, err := r.tokens.Token()
	return m, err
}

func (r *nodeReader) elements(pointer string) ([]node, error) {
	l := []node{}
	for r.tokens.More() {
		v, err := r.next(fmt.Sprintf("%s/%d", pointer, len(l)))
		if err != nil {
			return nil, err
		}
		l = append(l, v)
	}
	_, err := r.tokens.Token()
	return l, err
}
