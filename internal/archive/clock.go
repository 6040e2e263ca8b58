package archive

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// clock reads the time that a prefix expression has given to a key.
type clock struct {
	zone   *time.Location
	form   *regexp.Regexp
	fields []byte // letters, one for each group of form
	// hourly and minutely say how far it reads.
	hourly, minutely bool
}

// newClock is the clock of an expression; nil where the expression has no date, or
// writes it in a way that is not read: in words, or with a week-based year.
func newClock(tokens []token, zone *time.Location) *clock {
	c := &clock{zone: zone}
	form := `(?s)\A`
	for _, k := range tokens {
		letter := k.letter | k.part
		switch {
		case letter == 0 && k.any == "":
			form += regexp.QuoteMeta(k.text)
			continue
		case letter == 0 && k.any == anyDigits:
			form += anyDigits
			continue
		case letter == 0:
			form += "[^/]*"
			continue
		}
		digits := digitsOf(k)
		if digits == "" {
			return nil
		}
		form += "(" + digits + ")"
		c.fields = append(c.fields, letter)
	}
	has := func(letters string) bool { return strings.ContainsAny(string(c.fields), letters) }
	if !has("yu") || !has("D") && (!has("ML") || !has("d")) {
		return nil
	}
	c.form = regexp.MustCompile(form)
	c.hourly, c.minutely = has("H"), has("H") && has("m")
	return c
}

// digitsOf are the digits of a time field; empty for one that is not read.
func digitsOf(k token) string {
	letter := k.letter | k.part
	switch {
	case strings.IndexByte("yu", letter) >= 0 && k.count != 2:
		return "[0-9]{4}"
	case strings.IndexByte("yuMLdHms", letter) >= 0 && k.count == 2:
		return "[0-9]{2}"
	case strings.IndexByte("MLdHms", letter) >= 0 && k.count == 1:
		return "[0-9]{1,2}"
	case letter == 'D' && k.count == 3:
		return "[0-9]{3}"
	}
	return ""
}

// read gives the time in a key, as far as the expression tells it; nil where the
// key has another form, or no time in its place.
func (c *clock) read(key string) *time.Time {
	if c == nil {
		return nil
	}
	groups := c.form.FindStringSubmatch(key)
	if groups == nil {
		return nil
	}
	values := map[byte]int{'M': 1}
	for i, letter := range c.fields {
		n, err := strconv.Atoi(groups[i+1])
		if err != nil {
			return nil
		}
		values[synonym(letter)] = n
	}
	year, month, day := values['y'], values['M'], values['d']
	if year < 100 {
		year += 2000
	}
	if values['D'] > 0 {
		day = values['D']
	}
	t := time.Date(year, time.Month(month), day, values['H'], values['m'], values['s'], 0, c.zone)
	dated := t.Year() == year && (values['D'] > 0 || int(t.Month()) == month && t.Day() == day)
	if !dated || values['H'] > 23 || values['m'] > 59 || values['s'] > 60 {
		return nil
	}
	return &t
}

// synonym is the letter that means the same in the years of logs.
func synonym(letter byte) byte {
	switch letter {
	case 'u':
		return 'y'
	case 'L':
		return 'M'
	}
	return letter
}
