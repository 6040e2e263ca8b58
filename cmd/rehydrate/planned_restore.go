package main

import (
	"fmt"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// showUnrestored prints what is archived, and what restoring it would take.
func showUnrestored(w io.Writer, r run.Restore, v run.Inventory) {
	asked := r.Objects
	for _, u := range v.Unrestored {
		asked -= u.Objects
		how := "have to be restored first"
		if r.Tier != "" {
			how = fmt.Sprintf("are restored first, at the tier %s", r.Tier)
		}
		fmt.Fprintf(w, "%d objects (%d bytes) in %s %s\n", u.Objects, u.Bytes, u.StorageClass, how)
		for _, o := range u.Tiers {
			if r.Tier == "" || r.Tier == o.Tier {
				fmt.Fprintf(w, "  %-9s  %s to %s, about $%.2f with copies for %d days\n", o.Tier,
					usual(o.LeastSeconds), usual(o.MostSeconds), o.Dollars, o.Days)
			}
		}
		if r.Tier == "" {
			fmt.Fprintf(w, "  by --restore TIER, or one by one, such as\n  %s\n", u.Restore)
		}
	}
	if r.Tier != "" && asked > 0 {
		fmt.Fprintf(w, "%d objects are in %s, where no list tells which are archived: these are restored, too\n", asked, run.IntelligentTiering)
	}
}

// usual is a time of which S3 tells whole minutes or hours.
func usual(seconds int64) string {
	if d := time.Duration(seconds) * time.Second; d >= time.Hour {
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d min", seconds/60)
}
