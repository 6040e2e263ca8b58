package run

import (
	"fmt"
	"time"
)

// Tier is how fast, and at what price, S3 restores archived objects.
type Tier string

// The tiers, the cheapest first.
const (
	Bulk      Tier = "Bulk"
	Standard  Tier = "Standard"
	Expedited Tier = "Expedited"
)

// Tiers lists them.
func Tiers() []Tier { return []Tier{Bulk, Standard, Expedited} }

const (
	// DefaultRestoreDays is how long restored copies are kept.
	DefaultRestoreDays = 7
	maxRestoreDays     = 365
)

// The storage classes from which an object can have to be restored. Of one in
// IntelligentTiering no listing tells whether it has to be.
const (
	Glacier            = "GLACIER"
	DeepArchive        = "DEEP_ARCHIVE"
	IntelligentTiering = "INTELLIGENT_TIERING"
)

// RestoreTime is how long a restore usually takes, from least to most; ok is false
// where the storage class does not know the tier. Of Intelligent-Tiering the times
// are those of its Archive Access tier; Deep Archive Access takes as long as
// DEEP_ARCHIVE.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
func RestoreTime(t Tier, storageClass string) (least, most time.Duration, ok bool) {
	switch {
	case storageClass == DeepArchive && t == Standard:
		return 9 * time.Hour, 12 * time.Hour, true
	case storageClass == DeepArchive && t == Bulk:
		return 24 * time.Hour, 48 * time.Hour, true
	case storageClass == DeepArchive:
		return 0, 0, false
	case t == Expedited:
		return time.Minute, 5 * time.Minute, true
	case t == Standard:
		return 3 * time.Hour, 5 * time.Hour, true
	case t == Bulk:
		return 5 * time.Hour, 12 * time.Hour, true
	}
	return 0, 0, false
}

// Restore is how far a run is with restoring archived objects: what it is to ask for
// in the plan, brought forward by each call of the restore Lambda.
type Restore struct {
	// Tier is empty where nothing is to be restored. Copies stay for Days.
	Tier Tier `json:"tier"`
	Days int  `json:"days"`
	// Objects of the manifest that may have to be restored: all in Intelligent-Tiering
	// are among them.
	Objects int64 `json:"objects"`
	// Ready of them can be read, Waiting were not ready when they were last looked at,
	// Gone are no longer there. Asked counts the requests that S3 accepted.
	Ready   int64 `json:"ready"`
	Waiting int64 `json:"waiting"`
	Gone    int64 `json:"gone"`
	Asked   int64 `json:"asked"`
	// Next is what the state machine does.
	Next RestoreStep `json:"next"`
	// Seconds that it waits, where it waits; Waited are those of all waits so far.
	Seconds int64 `json:"seconds"`
	Waited  int64 `json:"waited"`
	// Since is when the first object was asked for.
	Since time.Time `json:"since"`
	// Round counts how often what is waited for was looked at, At how many lines of the
	// round's list are done, Calls those of the Lambda.
	Round int   `json:"round"`
	At    int64 `json:"at"`
	Calls int   `json:"calls"`
}

// Progress is how far it is, for a person.
func (r Restore) Progress() string {
	s := fmt.Sprintf("%d of %d archived objects are ready", r.Ready, r.Objects)
	if r.Waiting > 0 {
		s += fmt.Sprintf(", %d are being restored", r.Waiting)
	}
	if r.Gone > 0 {
		s += fmt.Sprintf(", %d are gone", r.Gone)
	}
	return s
}

// RestoreStep is what comes next in restoring.
type RestoreStep string

// The steps.
const (
	// RestoreAsk: the restore Lambda is called.
	RestoreAsk RestoreStep = "ask"
	// RestoreWait: the state machine waits, then the Lambda is called.
	RestoreWait RestoreStep = "wait"
	// RestoreDone: the run goes on.
	RestoreDone RestoreStep = "done"
)

// RestoreRequest is the payload of the restore Lambda, whose answer is the plan with
// its Restore brought forward.
type RestoreRequest struct {
	Plan Plan `json:"plan"`
}

// restore is what of a request is about restoring.
func (r Request) restore() (Restore, error) {
	asked := Restore{Tier: r.Restore, Next: RestoreDone}
	switch r.Restore {
	case "":
		if r.RestoreDays != nil {
			return asked, invalid("restoreDays: not allowed without restore; leave it out, or give restore too")
		}
		return asked, nil
	case Bulk, Standard, Expedited:
	default:
		return asked, invalid("restore: %q is none; give %s", r.Restore, allowed("restore"))
	}
	asked.Days = DefaultRestoreDays
	if r.RestoreDays != nil {
		asked.Days = *r.RestoreDays
	}
	if asked.Days < 1 || asked.Days > maxRestoreDays {
		return asked, invalid("restoreDays: %d is out of bounds; give %s", asked.Days, allowed("restoreDays"))
	}
	return asked, nil
}
