package lambdahost

import (
	"testing"
	"time"
)

// A process whose connection broke asks again before it has answered: it is waited
// for on.
func TestAsksAgainWithoutAnswer(t *testing.T) {
	e := &environment{config: Config{Timeout: time.Minute}, api: newAPI("arn"), ended: make(chan struct{})}
	call := newInvocation([]byte(`{}`))
	var answer []byte
	var err error
	invoked := make(chan struct{})
	go func() {
		defer close(invoked)
		answer, err = e.invoke(t.Context(), call)
	}()
	asks := func() {
		select {
		case e.api.polled <- struct{}{}:
		case <-invoked:
		}
	}
	asks()
	asks() // has room when the one before was seen
	call.response = []byte(`"done"`)
	close(call.answered)
	asks()
	<-invoked
	if string(answer) != `"done"` || err != nil {
		t.Errorf("the answer is %s, %v", answer, err)
	}
}
