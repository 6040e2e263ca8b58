package asl

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// retrier says how often and when a state is tried again after some errors.
type retrier struct {
	errors   []string
	interval time.Duration
	rate     float64
	most     time.Duration // 0 is no limit
	attempts int
	jitter   bool
}

// catcher says where it goes on after some errors.
type catcher struct {
	errors []string
	path   path
	next   string
}

// retriers takes Retry. Defaults: https://states-language.net/spec.html#retrying-after-error
func (f *fields) retriers() []retrier {
	var l []retrier
	nodes := f.list("Retry")
	for i, n := range nodes {
		r := f.commented(n)
		one := retrier{
			errors:   r.errorEquals(i == len(nodes)-1),
			interval: time.Duration(r.whole("IntervalSeconds", 1, 1)) * time.Second,
			rate:     r.number("BackoffRate", 2, 1, math.MaxFloat64),
			most:     time.Duration(r.whole("MaxDelaySeconds", 0, 1)) * time.Second,
			attempts: r.whole("MaxAttempts", 3, 0),
		}
		if _, ok := r.open["JitterStrategy"]; ok {
			one.jitter = r.oneOf("JitterStrategy", "FULL") != ""
		}
		if one.most != 0 && one.most <= one.interval {
			f.fault(n, "MaxDelaySeconds has to be above IntervalSeconds")
		}
		r.close()
		l = append(l, one)
	}
	return l
}

// catchers takes Catch, and tells where it leads.
func (f *fields) catchers() (l []catcher, targets []target) {
	nodes := f.list("Catch")
	for i, n := range nodes {
		c := f.commented(n)
		one := catcher{errors: c.errorEquals(i == len(nodes)-1)}
		var none bool
		if one.path, none = c.resultPath(); none {
			f.fault(n, "a ResultPath of null is not implemented here")
		}
		targets = c.target("Next", &one.next, targets)
		c.close()
		l = append(l, one)
	}
	return l, targets
}

// errorEquals takes ErrorEquals. States.ALL stands alone, and in the last of a
// list.
func (f *fields) errorEquals(last bool) []string {
	n := f.open["ErrorEquals"]
	var names []string
	for _, e := range f.needList("ErrorEquals") {
		name := f.string(e)
		if strings.HasPrefix(name, "States.") && !slices.Contains([]string{
			allErrors, anyTaskFailure, timeoutError, itemReaderFailed, writerFailed, toleranceExceeded,
		}, name) {
			f.fault(e, "%s is never raised here, or cannot be caught", name)
		}
		names = append(names, name)
	}
	if slices.Contains(names, allErrors) && (len(names) > 1 || !last) {
		f.fault(n, "States.ALL has to stand alone and last")
	}
	return names
}

// matches tells whether one of the names in ErrorEquals means the error.
func matches(names []string, name string) bool {
	for _, n := range names {
		if n == allErrors || n == name || n == anyTaskFailure && name != timeoutError {
			return true
		}
	}
	return false
}

// backoff tells how long to wait before the state is tried again, if it is to
// be. The first retrier that matches decides; tries counts how often each did.
func backoff(retry []retrier, tries []int, name string) (time.Duration, bool) {
	for i, r := range retry {
		if !matches(r.errors, name) {
			continue
		}
		if tries[i] >= r.attempts {
			return 0, false
		}
		tries[i]++
		return r.delay(tries[i]), true
	}
	return 0, false
}

// delay before the n-th retry, from 1: the interval, grown n-1 times, no longer
// than most; with jitter, a random part of it.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func (r retrier) delay(n int) time.Duration {
	d := float64(r.interval) * math.Pow(r.rate, float64(n-1))
	limit := float64(maxSeconds * time.Second)
	if r.most > 0 {
		limit = float64(r.most)
	}
	d = min(d, limit)
	if r.jitter {
		d *= rand.Float64()
	}
	return time.Duration(d)
}
