package run

import "time"

// View is what a cluster holds of one.
type View struct {
	Name string `json:"name"`
	// Alias has all of its indices, the first and the last of which are of the days
	// First and Last; these are empty where there is no index yet.
	Alias   string `json:"alias"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Indices int    `json:"indices"`
	// Documents, and Bytes on disk with replicas, are nil where the cluster could not tell.
	Documents *int64 `json:"documents"`
	Bytes     *int64 `json:"bytes"`
	Expires   Expiry `json:"expires"`
}

// Soon tells whether it expires within a day of now.
func (v View) Soon(now time.Time) bool {
	at, ok := v.Expires.Time()
	return ok && at.Before(now.AddDate(0, 0, 1))
}

// Deletion is what became of a view that was to be deleted.
type Deletion struct {
	View    string   `json:"view"`
	Expires Expiry   `json:"expires"`
	Deleted []string `json:"deleted"`
	Kept    []Kept   `json:"kept,omitempty"`
}

// Kept is an index that was not deleted, and a sentence's end that says why.
type Kept struct {
	Index string `json:"index"`
	Why   string `json:"why"`
}

// ViewsRequest is the payload of the views Lambda.
type ViewsRequest struct {
	Do ViewsTask `json:"do"`
	// View is the one to extend, until Expires (see ParseExpiry), or to drop.
	View    string `json:"view,omitempty"`
	Expires string `json:"expires,omitempty"`
	// DryRun only tells what would expire.
	DryRun bool `json:"dryRun,omitempty"`
}

// ViewsTask is what to do about views.
type ViewsTask string

// The tasks.
const (
	ListViews  ViewsTask = "list"
	ExtendView ViewsTask = "extend"
	DropView   ViewsTask = "drop"
	ExpireAll  ViewsTask = "expire"
)

// ViewsAnswer is what the views Lambda answers with.
type ViewsAnswer struct {
	// Views that there are: after list all of them, after extend that one.
	Views []View `json:"views,omitempty"`
	// Deletions are what was deleted, or would be by a dry run.
	Deletions []Deletion `json:"deletions,omitempty"`
	// Tell asks for a mail of Subject and Message.
	Tell    bool   `json:"tell"`
	Subject string `json:"subject,omitempty"`
	Message string `json:"message,omitempty"`
}
