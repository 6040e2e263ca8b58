package decode

// chunkSize and chunks are what may be read ahead: enough that neither side
// waits for the other's every step.
const (
	chunkSize = 128 << 10
	chunks    = 4
)

// ahead reads text in a goroutine of its own, which ends with the text or by
// close.
type ahead struct {
	from    *stack
	full    chan *chunk
	empty   chan *chunk
	closing chan struct{}
	closed  bool

	now  *chunk
	all  []*chunk
	left []byte
}

// chunk is a part of the text, with the state and error behind it.
type chunk struct {
	text  []byte
	state layers
	err   error
}

func readAhead(from *stack) *ahead {
	a := &ahead{
		from: from, full: make(chan *chunk, chunks), empty: make(chan *chunk, chunks),
		closing: make(chan struct{}), now: &chunk{},
	}
	for range chunks {
		c := from.buffers.takeChunk()
		a.all = append(a.all, c)
		a.empty <- c
	}
	go a.run()
	return a
}

func (a *ahead) run() {
	defer close(a.full)
	for {
		select {
		case <-a.closing:
			return
		case c := <-a.empty:
			if c.text == nil {
				c.text = make([]byte, 0, chunkSize)
			}
			c.text = c.text[:0]
			for c.err == nil && len(c.text) < cap(c.text) {
				var n int
				n, c.err = a.from.read(c.text[len(c.text):cap(c.text)])
				c.text = c.text[:len(c.text)+n]
			}
			c.state = *a.from.state()
			a.full <- c // never waits: there are no more chunks than it holds
			if c.err != nil {
				return
			}
		}
	}
}

func (a *ahead) read(p []byte) (int, error) {
	if len(a.left) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		next := <-a.full
		if a.now.text != nil {
			a.empty <- a.now
		}
		a.now, a.left = next, next.text
	}
	n := copy(p, a.left)
	a.left = a.left[n:]
	if len(a.left) == 0 {
		return n, a.now.err
	}
	return n, nil
}

func (a *ahead) state() *layers { return &a.now.state }

func (a *ahead) close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	close(a.closing)
	for range a.full {
		continue // until the goroutine ends
	}
	a.from.buffers.chunks = append(a.from.buffers.chunks, a.all...)
	return a.from.close()
}
