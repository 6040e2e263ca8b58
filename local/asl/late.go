package asl

import (
	"errors"
	"sync"
)

// late is work that goes on beside an execution, and that ends before Run does.
type late struct {
	going sync.WaitGroup
	mu    sync.Mutex
	errs  []error
}

func (l *late) add(work func() error) {
	l.going.Go(func() {
		if err := work(); err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.errs = append(l.errs, err)
		}
	})
}

func (l *late) wait() error {
	l.going.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.errs...)
}
