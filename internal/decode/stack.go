package decode

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

const (
	// maxLayers is how many layers of compression there may be.
	maxLayers = 4
	// maxExpansion is how many times its own size an object may come to: deflate's
	// own bound for one layer. More takes layers made for it.
	maxExpansion = 1032
)

// layers are those of an object: their names from the outermost on, and for
// each the offset in the text of the member at hand.
type layers struct {
	names  []string
	starts [maxLayers]int64
}

// layerError says that a layer of compression cannot be read any further.
type layerError struct {
	layer  int
	reason string
	// offset is that in the object, -1 where it is not known.
	offset int64
}

func (e *layerError) Error() string { return e.reason }

// object is the object's own bytes.
type object struct {
	r    io.Reader
	read atomic.Int64
	end  error // what r ended with
	err  error // the reader's own, never io.EOF
}

func (o *object) Read(p []byte) (int, error) {
	if o.end != nil {
		return 0, o.end
	}
	var n int
	n, o.end = o.r.Read(p)
	o.note(n, o.end)
	return n, o.end
}

func (o *object) note(n int, err error) {
	o.read.Add(int64(n))
	if err != nil && err != io.EOF { //nolint:errorlint // a wrapped io.EOF is no sound end
		o.err = err
	}
}

// stack peels an object's layers, by what their bytes are.
type stack struct {
	object *object
	whole  io.ReaderAt
	size   int64
	limit  int64

	buffers *Buffers

	in   *bufio.Reader // the object's own bytes
	text io.Reader     // what is left when all layers are peeled
	open []*layer
	now  layers
	done int64 // bytes of text so far
	err  error
}

// layer is one of compression. It keeps its error, because the layers inside of
// it may give it another form.
type layer struct {
	r    io.Reader
	err  error
	free func()
}

func (l *layer) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

func newStack(r io.Reader, o Options) *stack {
	return &stack{object: &object{r: r}, whole: o.ReaderAt, size: o.Size, limit: int64(o.RecordLimit), buffers: cmp.Or(o.Buffers, &Buffers{})}
}

func (s *stack) state() *layers { return &s.now }

func (s *stack) read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.text == nil {
		s.peel()
	}
	n, err := s.text.Read(p)
	s.done += int64(n)
	if err == nil && len(s.open) > 0 && s.done > s.limit+maxExpansion*s.position() {
		err = errBomb
		s.open[0].err = err
	}
	if err != nil {
		s.err = s.blame(err)
	}
	return n, s.err
}

// position is how far the object's own bytes are used up.
func (s *stack) position() int64 { return s.object.read.Load() - int64(s.in.Buffered()) }

var (
	errBomb    = fmt.Errorf("it expands more than %d times, a decompression bomb", maxExpansion)
	errTooDeep = fmt.Errorf("it holds more than %d layers of compression", maxLayers)
)

// blame tells whose fault err is: the surroundings', or that of the outermost
// layer that failed.
func (s *stack) blame(err error) error {
	if s.object.err != nil {
		if errors.Is(s.object.err, io.EOF) {
			return notTheEnd{s.object.err}
		}
		return s.object.err
	}
	for i := range s.open {
		if broken := s.open[i].err; broken != nil {
			e := &layerError{layer: i, reason: s.now.names[i] + ": " + explain(broken), offset: -1}
			if i == 0 && s.now.names[0] != zipName {
				e.offset = s.position()
			}
			return e
		}
	}
	return err
}

// notTheEnd is an error of the reader that has io.EOF in its chain, as a
// connection that was cut may: it must not look like the object's sound end.
type notTheEnd struct{ error }

func (e notTheEnd) Is(target error) bool { return target != io.EOF && errors.Is(e.error, target) }
func (e notTheEnd) As(target any) bool   { return errors.As(e.error, target) }

// peel finds the object's layers. What is wrong with them meets whoever reads
// the text.
func (s *stack) peel() {
	s.in = buffered(&s.buffers.in, s.object, 64<<10)
	for in := s.in; ; {
		begin, _ := in.Peek(peekSize) // its error comes again
		name := nameOf(begin)
		n := len(s.open)
		switch {
		case name == "":
			s.text = in
			return
		case n == maxLayers:
			s.open[n-1].err = errTooDeep
			s.text = s.open[n-1]
			return
		}
		l := &layer{}
		s.now.names = append(s.now.names, name)
		s.open = append(s.open, l)
		l.r, l.free, l.err = s.enter(name, in, func() { s.now.starts[n] = s.done })
		in = buffered(&s.buffers.layers[n].in, l, 32<<10)
	}
}

func (s *stack) close() error {
	for _, l := range s.open {
		if l.free != nil {
			l.free()
			l.free = nil
		}
	}
	return nil
}
