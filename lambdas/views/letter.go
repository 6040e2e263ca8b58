package views

import (
	"fmt"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// maxLetter in bytes leaves room in what passes between states.
const maxLetter = 64 << 10

// letter tells people what was deleted, what could not be, and what will be. It holds
// nothing of a log.
func letter(s run.Settings, deletions []run.Deletion, soon []run.View) (subject, message string) {
	var b strings.Builder
	deleted := 0
	for _, d := range deletions {
		if len(d.Deleted) > 0 || len(d.Kept) == 0 {
			deleted++
			fmt.Fprintf(&b, "Deleted: view %s, which has expired at %s: %s.\n", d.View, d.Expires, several(d.Deleted))
		}
		for _, k := range d.Kept {
			fmt.Fprintf(&b, "Kept, though its view %s has expired: %s, because %s. Look at it, then delete it by hand or take the cause away.\n", d.View, k.Index, k.Why)
		}
	}
	for _, v := range soon {
		fmt.Fprintf(&b, "Will be deleted: view %s (%s to %s, %s documents) expires at %s. To keep it: rehydrate extend %s --expires 7d --stack %s\n",
			v.Name, v.First, v.Last, number(v.Documents), v.Expires, v.Name, s.Stack)
	}
	subject = fmt.Sprintf("%s: %d views deleted, %d expire within a day", s.Stack, deleted, len(soon))
	message = b.String()
	if len(message) > maxLetter {
		message = message[:maxLetter] + "…\n"
	}
	return subject, message
}

func several(indices []string) string {
	const few = 3
	if n := len(indices); n > few {
		return fmt.Sprintf("%s to %s, %d indices", indices[0], indices[n-1], n)
	}
	if len(indices) == 0 {
		return "it held no index"
	}
	return strings.Join(indices, ", ")
}

func number(n *int64) string {
	if n == nil {
		return "an unknown number of"
	}
	return fmt.Sprint(*n)
}
