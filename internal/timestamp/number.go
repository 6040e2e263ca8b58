package timestamp

import (
	"math"
	"strconv"
)

// Seconds from September 2001 to October 2191, and so in each of the finer units,
// which thus have 10, 13, 16 and 19 digits. Other numbers are no times: durations,
// counters, and dates without signs between (20181210125744) are called time, too.
const (
	least = 1e9
	most  = 7e9
)

// Number reads a number of seconds, milliseconds, microseconds or nanoseconds
// since 1970, by its size, with or without a fraction or exponent.
func Number(text []byte) (Time, bool) {
	const digits64 = 19 // of a whole number in 64 bits
	i, whole := 0, int64(0)
	for ; i < len(text) && i < digits64 && '0' <= text[i] && text[i] <= '9'; i++ {
		whole = whole*10 + int64(text[i]-'0')
	}
	switch {
	case i == 0 || whole < 0:
		return Time{}, false
	case i == len(text):
		return scaled(whole, 0, false)
	case text[i] != '.':
		return exponent(text)
	}
	thousandths, digits := 0, 0
	for i++; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		if digits < 3 {
			thousandths = thousandths*10 + int(text[i]-'0')
		}
		digits++
	}
	if digits == 0 || i < len(text) {
		return exponent(text)
	}
	for ; digits < 3; digits++ {
		thousandths *= 10
	}
	return scaled(whole, thousandths, true)
}

func scaled(whole int64, thousandths int, fraction bool) (Time, bool) {
	switch {
	case least <= whole && whole < most:
		return Time{Ms: whole*1000 + int64(thousandths), Fine: fraction}, true
	case least*1e3 <= whole && whole < most*1e3:
		return Time{Ms: whole, Fine: true}, true
	case least*1e6 <= whole && whole < most*1e6:
		return Time{Ms: whole / 1000, Fine: true}, true
	case least*1e9 <= whole && whole < most*1e9:
		return Time{Ms: whole / 1_000_000, Fine: true}, true
	}
	return Time{}, false
}

// exponent reads a number with an exponent, of seconds or what they are called
// when they are more. A float64 holds microseconds of this century.
func exponent(text []byte) (Time, bool) {
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return Time{}, false // ParseFloat takes more, such as inf
		}
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < least || f >= math.MaxInt64 {
		return Time{}, false
	}
	whole, fraction := math.Modf(f)
	return scaled(int64(whole), int(math.Floor(fraction*1000+1e-3)), true)
}
