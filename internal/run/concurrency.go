package run

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Concurrency is how many objects are indexed at once: a number or, where Auto, as
// many as the cluster takes, up to Objects.
type Concurrency struct {
	Objects int
	Auto    bool
}

const (
	auto = "auto"
	// AutoLimit is the bound of auto where none is given.
	AutoLimit = 100
	// AutoStart is what a run begins with that is steered.
	AutoStart = 4
)

// ParseConcurrency reads a number, "auto", or "auto:N" with the bound N.
func ParseConcurrency(s string) (Concurrency, error) {
	number, isAuto := strings.CutPrefix(s, auto)
	if isAuto && number == "" {
		return Concurrency{AutoLimit, true}, nil
	}
	if isAuto {
		var bounded bool
		if number, bounded = strings.CutPrefix(number, ":"); !bounded {
			number = ""
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return Concurrency{}, invalid("maxConcurrency: %q is none; give %s", s, allowed("maxConcurrency"))
	}
	return Concurrency{n, isAuto}, nil
}

func (c Concurrency) String() string {
	switch {
	case !c.Auto:
		return strconv.Itoa(c.Objects)
	case c.Objects == AutoLimit:
		return auto
	}
	return fmt.Sprintf("%s:%d", auto, c.Objects)
}

// MarshalJSON writes what a person would type.
func (c Concurrency) MarshalJSON() ([]byte, error) {
	if c.Auto {
		return json.Marshal(c.String())
	}
	return json.Marshal(c.Objects)
}

// UnmarshalJSON reads a number, or a string as ParseConcurrency does.
func (c *Concurrency) UnmarshalJSON(b []byte) (err error) {
	var s string
	switch {
	case json.Unmarshal(b, &c.Objects) == nil:
		return nil
	case json.Unmarshal(b, &s) == nil:
		*c, err = ParseConcurrency(s)
		return err
	}
	return invalid("maxConcurrency: %s is none; give %s", b, allowed("maxConcurrency"))
}

// check tells why c cannot be used.
func (c Concurrency) check() error {
	if c.Objects < 1 || c.Objects > MaxConcurrencyLimit {
		return invalid("maxConcurrency: %s is out of bounds; give %s", c, allowed("maxConcurrency"))
	}
	return nil
}

// into sets the plan's concurrency.
func (c Concurrency) into(p *Plan) {
	if p.MaxConcurrency = c.Objects; c.Auto {
		p.MaxConcurrency, p.MostConcurrency = min(AutoStart, c.Objects), c.Objects
	}
}

// CheckSteering tells why a plan that is to be steered cannot be, or nil. Its error is
// a Fault named InvalidRequest.
func (p Plan) CheckSteering() error {
	if p.MostConcurrency > 0 && p.Destination == ToFiles {
		return invalid(`maxConcurrency: "auto" goes by how the cluster is doing, and files ask none; give a whole number`)
	}
	return nil
}
