package timestamp

// read reads a date and time that begin at i, and gives the index behind them:
//
//	2018-12-10T12:57:44.183+09:00   ISO 8601; also with slashes, a blank, a comma
//	10/Dec/2018:12:57:44 +0900      web servers; also with dashes or a blank
//	Mon, 10 Dec 2018 12:57:44 GMT   mail and HTTP; also without the day of the week
//	Mon Dec 10 12:57:44 2018        C; also with a zone or a fraction
//	Dec 10 12:57:44                 syslog
//	I1210 12:57:44.183012           glog
func (r Reader) read(b []byte, i int) (t Time, end int, ok bool) {
	var c civil
	if i >= len(b) {
		return t, i, false
	}
	switch {
	case digit(b, i) && digit(b, i+2) && digit(b, i+3):
		end, ok = c.iso(b, i)
	case digit(b, i):
		end, ok = c.dayFirst(b, i)
	case digit(b, i+1):
		end, ok = c.glog(b, i)
	default:
		end, ok = c.named(b, i)
	}
	if !ok {
		return t, i, false
	}
	t, ok = c.time(r)
	return t, end, ok
}

func digit(b []byte, i int) bool { return i < len(b) && '0' <= b[i] && b[i] <= '9' }

// number reads exactly n digits.
func number(b []byte, i, n int) (value, end int, ok bool) {
	for k := range n {
		if !digit(b, i+k) {
			return 0, i, false
		}
		value = value*10 + int(b[i+k]-'0')
	}
	return value, i + n, true
}

// upTo2 reads one digit or two.
func upTo2(b []byte, i int) (value, end int, ok bool) {
	if digit(b, i) && digit(b, i+1) {
		return number(b, i, 2)
	}
	return number(b, i, 1)
}

func is(b []byte, i int, c byte) bool { return i < len(b) && b[i] == c }

// iso reads year, month and day, then the time of day.
func (c *civil) iso(b []byte, i int) (end int, ok bool) {
	if c.year, i, ok = number(b, i, 4); !ok || i >= len(b) || b[i] != '-' && b[i] != '/' {
		return i, false
	}
	separator := b[i]
	if c.month, i, ok = number(b, i+1, 2); !ok || !is(b, i, separator) {
		return i, false
	}
	if c.day, i, ok = number(b, i+1, 2); !ok || i >= len(b) || b[i] != 'T' && b[i] != ' ' && b[i] != 't' {
		return i, false
	}
	if i, ok = c.clock(b, i+1); !ok {
		return i, false
	}
	return c.zone(b, i), true
}

// dayFirst reads day, name of the month and year, then the time of day.
func (c *civil) dayFirst(b []byte, i int) (end int, ok bool) {
	if c.day, i, ok = upTo2(b, i); !ok || i >= len(b) || b[i] != '/' && b[i] != '-' && b[i] != ' ' {
		return i, false
	}
	separator := b[i]
	if c.month, i, ok = month(b, i+1); !ok || !is(b, i, separator) {
		return i, false
	}
	if c.year, i, ok = number(b, i+1, 4); !ok || !is(b, i, ' ') && !is(b, i, ':') {
		return i, false
	}
	if i, ok = c.clock(b, i+1); !ok {
		return i, false
	}
	return c.zone(b, i), true
}

// glog reads a letter for the level, month and day, then the time of day.
func (c *civil) glog(b []byte, i int) (end int, ok bool) {
	if b[i] != 'I' && b[i] != 'W' && b[i] != 'E' && b[i] != 'F' {
		return i, false
	}
	c.noYear = true
	if c.month, i, ok = number(b, i+1, 2); !ok {
		return i, false
	}
	if c.day, i, ok = number(b, i, 2); !ok || !is(b, i, ' ') {
		return i, false
	}
	return c.clock(b, i+1)
}

// named reads what begins with the name of a day or month.
func (c *civil) named(b []byte, i int) (end int, ok bool) {
	if n, weekday := name(b, i, "MonTueWedThuFriSatSun"); weekday > 0 {
		i = n
		if is(b, i, ',') {
			i++
		}
		if !is(b, i, ' ') {
			return i, false
		}
		i++
	}
	if digit(b, i) {
		return c.dayFirst(b, i)
	}
	if c.month, i, ok = month(b, i); !ok || !is(b, i, ' ') {
		return i, false
	}
	for i++; is(b, i, ' '); i++ { // the day has a blank before it where it has one digit
	}
	if c.day, i, ok = upTo2(b, i); !ok || !is(b, i, ' ') {
		return i, false
	}
	c.noYear = true
	if year, n, before := number(b, i+1, 4); before && is(b, n, ' ') {
		c.year, c.noYear, i = year, false, n // Dec 10 2018 12:57:44
	}
	if i, ok = c.clock(b, i+1); !ok {
		return i, false
	}
	i = c.zone(b, i)
	if is(b, i, ' ') && c.noYear {
		if year, n, behind := number(b, i+1, 4); behind && !digit(b, n) && !is(b, n, '-') && !is(b, n, '/') {
			c.year, c.noYear, i = year, false, n
		}
	}
	return i, true
}

// month reads the name of a month, its first three letters.
func month(b []byte, i int) (value, end int, ok bool) {
	end, value = name(b, i, "JanFebMarAprMayJunJulAugSepOctNovDec")
	return value, end, value > 0
}

// name tells which of the names of three letters stands at i, from 1 on.
func name(b []byte, i int, names string) (end, which int) {
	if i+3 > len(b) {
		return i, 0
	}
	for n := 0; n < len(names); n += 3 {
		if string(b[i:i+3]) == names[n:n+3] {
			return i + 3, n/3 + 1
		}
	}
	return i, 0
}

// clock reads hour, minute and second, and a fraction behind a dot or comma.
func (c *civil) clock(b []byte, i int) (end int, ok bool) {
	if c.hour, i, ok = number(b, i, 2); !ok || !is(b, i, ':') {
		return i, false
	}
	if c.minute, i, ok = number(b, i+1, 2); !ok || !is(b, i, ':') {
		return i, false
	}
	if c.second, i, ok = number(b, i+1, 2); !ok || digit(b, i) {
		return i, false
	}
	if (is(b, i, '.') || is(b, i, ',')) && digit(b, i+1) {
		c.fine = true
		i++
		for unit := 100; digit(b, i); i++ {
			c.milli += unit * int(b[i]-'0')
			unit /= 10
		}
	}
	return i, true
}

// zone reads the zone behind a time of day, where there is one: Z, UTC, GMT, or an
// offset, behind a blank one of four digits only, for other numbers follow times.
func (c *civil) zone(b []byte, i int) (end int) {
	at, apart := i, false
	if is(b, at, ' ') {
		at, apart = at+1, true
	}
	for _, utc := range []string{"Z", "z", "UTC", "GMT"} {
		if n := at + len(utc); n <= len(b) && string(b[at:n]) == utc && !letter(b, n) && !digit(b, n) {
			c.zoned = true
			return n
		}
	}
	if !is(b, at, '+') && !is(b, at, '-') {
		return i
	}
	hours, n, ok := number(b, at+1, 2)
	if !ok || hours > 23 {
		return i
	}
	minutes := 0
	switch m, end, long := number(b, n+1, 2); {
	case is(b, n, ':') && long:
		minutes, n = m, end
	case digit(b, n):
		if m, end, ok = number(b, n, 2); !ok {
			return i
		}
		minutes, n = m, end
	case apart:
		return i
	}
	if minutes > 59 || digit(b, n) {
		return i
	}
	c.zoned, c.offset = true, hours*3600+minutes*60
	if b[at] == '-' {
		c.offset = -c.offset
	}
	return n
}

func letter(b []byte, i int) bool { return i < len(b) && 'a' <= b[i]|0x20 && b[i]|0x20 <= 'z' }
