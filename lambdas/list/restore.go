package list

import (
	"cmp"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/cost"
	"github.com/rehydrate/rehydrate/internal/run"
)

// mayRestore tells why the plan may not restore archived objects, or nil.
func (h handler) mayRestore(plan run.Plan) error {
	if plan.Restore.Tier == "" || h.settings.ArchiveRestore {
		return nil
	}
	return &run.Fault{
		Name: run.InvalidRequest, Reason: "restore: this stack may not restore archived objects",
		Remedy: "deploy it with the setting archiveRestore, or leave restore out: then archived objects end as such, and a retry takes them when they are restored",
	}
}

// canRestore tells which of the storage classes found do not know the tier, or nil.
func canRestore(tier run.Tier, found []run.Unrestored) error {
	for _, u := range found {
		if _, _, ok := run.RestoreTime(tier, u.StorageClass); tier != "" && !ok {
			return &run.Fault{
				Name:   run.InvalidRequest,
				Reason: fmt.Sprintf("restore: %s in %s, which knows no %s", several(u.Objects, "object lies", "objects lie"), u.StorageClass, tier),
				Remedy: `give "Standard" or "Bulk"`,
			}
		}
	}
	return nil
}

// offer fills in what each tier takes and costs, with copies of so many days.
func offer(found []run.Unrestored, days int) {
	days = cmp.Or(days, run.DefaultRestoreDays)
	for i, u := range found {
		found[i].Tiers = []run.RestoreOffer{}
		for _, t := range run.Tiers() {
			if least, most, ok := run.RestoreTime(t, u.StorageClass); ok {
				found[i].Tiers = append(found[i].Tiers, run.RestoreOffer{
					Tier: t, LeastSeconds: int64(least.Seconds()), MostSeconds: int64(most.Seconds()),
					Days: days, Dollars: cost.Restore(t, u.StorageClass, u.Objects, u.Bytes, days),
				})
			}
		}
	}
}

// restoreSeconds is how long restoring these takes at most, as a rule.
func restoreSeconds(tier run.Tier, found []run.Unrestored) (most int64) {
	for _, u := range found {
		for _, o := range u.Tiers {
			if o.Tier == tier {
				most = max(most, o.MostSeconds)
			}
		}
	}
	return most
}
