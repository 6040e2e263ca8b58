package list

import (
	"log/slog"
	"time"
)

// ListingMessage is what is logged now and then while a listing goes on, with how
// many prefixes are listed, and of how many.
const ListingMessage = "listing the archive"

// logProgress logs how far a listing is, at most once in a while: years of hours
// take minutes.
func logProgress(every time.Duration) func(prefixes, of int) {
	last := time.Now()
	return func(prefixes, of int) {
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			slog.Info(ListingMessage, "prefixes", prefixes, "of", of)
		}
	}
}
