package sample

import (
	"io"
	"math/rand/v2"
	"time"
)

// Records gives realistic records, one after another without delimiter, until at
// least plainBytes were given. Every event has an id of its own. They are made
// as they are read: the memory it takes does not depend on plainBytes.
func Records(seed uint64, plainBytes int64) io.Reader {
	r, _ := newEndless(seed, plainBytes, false)
	return r
}

// Members gives the same records, each in a gzip member of its own, as
// CloudWatch Logs hands them to Firehose. plainBytes counts before compression.
func Members(seed uint64, plainBytes int64) (io.Reader, error) {
	return newEndless(seed, plainBytes, true)
}

// endless makes records as they are read.
type endless struct {
	rng   *rand.Rand
	from  []source
	at    time.Time
	left  int64
	gz    *gzipper
	batch []record
	plain []byte
	rest  []byte
	body  []byte
}

func newEndless(seed uint64, plainBytes int64, members bool) (*endless, error) {
	rng := rand.New(rand.NewPCG(seed, 0x656e646c657373))
	e := &endless{rng: rng, from: sources(rng), at: Default().Start, left: plainBytes}
	var err error
	if members {
		e.gz, err = newGzipper()
	}
	return e, err
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.left <= 0 {
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// next makes one more record.
func (e *endless) next() error {
	if len(e.batch) == 0 {
		const step, events = time.Second, 400
		e.batch = arrivals(e.rng, e.from, e.at, e.at.Add(step), events)
		e.at = e.at.Add(step)
	}
	e.plain = appendRecord(e.plain[:0], e.batch[0])
	e.batch = e.batch[1:]
	e.left -= int64(len(e.plain))
	e.rest = e.plain
	if e.gz == nil {
		return nil
	}
	var err error
	e.body, err = e.gz.append(e.body[:0], e.plain)
	e.rest = e.body
	return err
}
