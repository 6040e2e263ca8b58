package run

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Expiry is when a view is to be deleted: an RFC 3339 instant, or Never; empty where
// nothing was said.
type Expiry string

// Never is the expiry of a view that stays until somebody drops it.
const Never Expiry = "none"

// maxExpiryDays is a hundred years.
const maxExpiryDays = 36_500

const expiryForm = `"7d" (days from the start on), a day ("2026-12-24", at whose beginning it is deleted), an RFC 3339 instant, or "none"`

// ParseExpiry reads what a person types, as of now, in whose zone days are meant.
func ParseExpiry(s string, now time.Time) (Expiry, error) {
	if s == "" || Expiry(s) == Never {
		return Expiry(s), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if number, ok := strings.CutSuffix(s, "d"); err != nil && ok {
		var days int
		if days, err = strconv.Atoi(number); err == nil && (days < 1 || days > maxExpiryDays) {
			return "", fmt.Errorf("%s is out of bounds; give 1d to %dd", s, maxExpiryDays)
		}
		at = now.AddDate(0, 0, days)
	}
	if err != nil {
		var day time.Time
		if day, err = time.Parse(time.DateOnly, s); err == nil {
			at = StartOfDay(day.Year(), day.Month(), day.Day(), now.Location())
		}
	}
	if err != nil {
		return "", fmt.Errorf("%q is none; give %s", s, expiryForm)
	}
	if !at.After(now) {
		return "", fmt.Errorf("%s is not in the future; give %s", s, expiryForm)
	}
	return Expiry(at.In(now.Location()).Format(time.RFC3339)), nil
}

// Time is when it is; ok is false where that is never, or nothing was said.
func (e Expiry) Time() (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, string(e))
	return at, err == nil
}

// Later is the later of two: Never is later than any instant, and any of these than
// nothing.
func (e Expiry) Later(o Expiry) Expiry {
	at, timed := e.Time()
	other, otherTimed := o.Time()
	switch {
	case e == Never || o == "":
		return e
	case o == Never || !timed:
		return o
	case otherTimed && other.After(at):
		return o
	}
	return e
}
