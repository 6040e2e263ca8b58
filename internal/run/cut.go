package run

// Cut is s, or its beginning and an ellipsis where it would take more than most
// characters as a JSON string in which every character outside ASCII is written as
// \uXXXX, or as two such: Step Functions may count what it is handed so.
func Cut(s string, most int) string {
	room := most - escapedLength('…')
	fits, length := 0, 0
	for i, c := range s {
		if length <= room {
			fits = i
		}
		if length += escapedLength(c); length > most {
			return s[:fits] + "…"
		}
	}
	return s
}

// escapedLength is how many characters c takes so. A byte that is not UTF-8 counts
// as U+FFFD, which is what JSON makes of it.
func escapedLength(c rune) int {
	switch {
	case c == '"', c == '\\':
		return 2
	case c >= 0x10000:
		return 12
	case c < 0x20, c > 0x7e:
		return 6
	}
	return 1
}
