package bulk

import "github.com/rehydrate/rehydrate/internal/jsonscan"

// Each of these takes the index where something begins in an answer and gives the
// one behind it, or -1 where it is not what JSON's grammar asks for: so that an
// answer that was cut or garbled anywhere is told from a whole one.

// maxDepth is how deep a value may be nested; engines' own error objects nest a
// handful.
const maxDepth = 64

// skipValue reads any value.
func skipValue(b []byte, i int) int {
	var nest jsonscan.Nest
	_, end, problem := nest.Value(b, i, jsonscan.MaxDepth-maxDepth)
	if problem != "" {
		return -1
	}
	return end
}

// eachMember reads an object. value is called with each name (its escapes still
// in it) and the index of its value, and gives the index behind that.
func eachMember(b []byte, i int, value func(name []byte, at int) int) int {
	return each(b, i, '{', func(at int) int {
		at, name, problem := jsonscan.Name(b, at)
		if problem != "" {
			return -1
		}
		return value(name.Of(b), at)
	})
}

// eachElement reads an array; value is given the index of each element and gives
// the index behind it.
func eachElement(b []byte, i int, value func(at int) int) int { return each(b, i, '[', value) }

func each(b []byte, i int, open byte, inside func(at int) int) int {
	if i >= len(b) || b[i] != open {
		return -1
	}
	i, done, problem := jsonscan.First(b, i)
	for problem == "" && !done {
		if i = inside(i); i < 0 {
			return -1
		}
		i, done, problem = jsonscan.Next(b, i, jsonscan.Closing(open))
	}
	if problem != "" {
		return -1
	}
	return i
}
