package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// decode reads one JSON value; numbers keep their text.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it goes on after its value")
	}
	return v, nil
}

// encode writes v, which came from decode or was put together from such, and
// so cannot fail.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func wholeNumber(n int) json.Number { return json.Number(strconv.Itoa(n)) }
