package list

import (
	"log/slog"
	"time"
)

// logProgress logs how far a listing is, at most once in a while: years of hours
// take minutes.
func logProgress(every time.Duration) func(prefixes, of int) {
	last := time.Now()
	return func(prefixes, of int) {
		if now := time.Now(); now.Sub(last) >= every {
			last = now
			slog.Info("listing the archive", "prefixes", prefixes, "of", of)
		}
	}
}
