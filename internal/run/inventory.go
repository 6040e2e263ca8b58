package run

// Inventory is what the list Lambda found, for people: written beside the
// manifest, and all there is to a run that only plans.
type Inventory struct {
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
	// Days and Hours count objects by their key time: days in the stack's zone,
	// hours in UTC ("2018-12-10T03"), those without the objects that were not chosen
	// by their hour. Both are in order and hold no zeros.
	Days  []Amount `json:"days"`
	Hours []Amount `json:"hours"`
	// Gaps are the hours without any object between the first and the last hour
	// that has one, as far as they lie in the range asked for.
	Gaps []string `json:"gaps"`
	// Unrestored are objects that have to be restored before they can be read, by
	// storage class.
	Unrestored []Unrestored `json:"unrestored"`
	// Stored is what was found by storage class, in its order; empty means STANDARD.
	Stored []Stored `json:"stored"`
	// Encrypted: the objects that were looked into are encrypted with a KMS key and
	// without a bucket key, so that each read asks KMS.
	Encrypted bool `json:"encrypted,omitempty"`
	// Advice are sentences about the archive that would make runs cheaper or faster.
	Advice []string `json:"advice"`
	// Unfit counts keys that do not tell their time to the minute, neither in a name
	// of the form that Firehose gives nor where the prefix has it; they are in the
	// manifest all the same. UnfitKeys are the first of them.
	Unfit     int64    `json:"unfit"`
	UnfitKeys []string `json:"unfitKeys"`
	// Whole counts objects below prefixes of which everything was listed.
	Whole int64 `json:"whole"`
	// Outside counts objects that were left out because the time in their key is
	// not in the hours looked for; Unmatched keys and folders that stand where the
	// prefix expression has folders of another form and were not looked into.
	// UnmatchedKeys are the first of them.
	Outside       int64    `json:"outside"`
	Unmatched     int64    `json:"unmatched"`
	UnmatchedKeys []string `json:"unmatchedKeys"`
	// Estimate is nil where nothing was found, where events go into files and neither a
	// plan is wanted nor a budget to be kept, and where objects could not be looked into.
	Estimate *Estimate `json:"estimate,omitempty"`
}

// Amount is how much lies under one day or hour.
type Amount struct {
	Name    string `json:"name"`
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
}

// Unrestored are objects in one storage class that cannot be read as they are.
type Unrestored struct {
	StorageClass string `json:"storageClass"`
	Objects      int64  `json:"objects"`
	Bytes        int64  `json:"bytes"`
	// Tiers are the ways to have them restored, the cheapest first.
	Tiers []RestoreOffer `json:"tiers"`
	// Restore is a command that asks for the first of them.
	Restore string `json:"restore"`
}

// Stored is what lies in one storage class.
type Stored struct {
	StorageClass string `json:"storageClass"`
	Objects      int64  `json:"objects"`
	Bytes        int64  `json:"bytes"`
	// Unrestored of the objects, and their bytes, have to be restored first.
	Unrestored      int64 `json:"unrestored,omitempty"`
	UnrestoredBytes int64 `json:"unrestoredBytes,omitempty"`
}

// Cost is in US dollars, by the list prices of Priced. Dollars is the sum.
type Cost struct {
	Lambda        float64 `json:"lambda"`
	StepFunctions float64 `json:"stepFunctions"`
	// S3 are its requests, Retrieval what it takes for reading, or restoring, what
	// lies in a colder storage class.
	S3        float64 `json:"s3"`
	Retrieval float64 `json:"retrieval"`
	// Network is what is sent over the internet and what passes a NAT gateway.
	Network float64 `json:"network"`
	KMS     float64 `json:"kms"`
	Dollars float64 `json:"dollars"`
	Priced  string  `json:"priced"`
}

// Estimate is what a run would be, going by a sample of its objects.
type Estimate struct {
	// Sampled objects were opened, SampledBytes of them read.
	Sampled      int64 `json:"sampled"`
	SampledBytes int64 `json:"sampledBytes"`
	// Unreadable of the sampled objects could not be read to where reading ended.
	Unreadable int64 `json:"unreadable"`
	// Events, PlainBytes (after decompression) of all objects; InRange of the events
	// are of the range, the others are read only.
	Events     int64 `json:"events"`
	InRange    int64 `json:"inRange"`
	PlainBytes int64 `json:"plainBytes"`
	// Forms counts the sampled objects by how their events are laid down, see
	// decode.Form. Malformed of the events could not be used, and of so many the id
	// or time is none of the archive's own.
	Forms     map[string]int64 `json:"forms"`
	Malformed int64            `json:"malformed"`
	Inferred
	// Wanted of the events are of the range and pass the filters, WantedBytes are those
	// of their messages.
	Wanted      int64 `json:"wanted"`
	WantedBytes int64 `json:"wantedBytes"`
	// DocumentBytes are those of their documents, BulkBytes of the bulk bodies with
	// these, SentBytes the same as they are sent, perhaps compressed.
	DocumentBytes int64 `json:"documentBytes,omitempty"`
	BulkBytes     int64 `json:"bulkBytes,omitempty"`
	SentBytes     int64 `json:"sentBytes,omitempty"`
	// Written events and OutputBytes, as stored, of a run whose destination is files.
	Written     int64 `json:"written,omitempty"`
	OutputBytes int64 `json:"outputBytes,omitempty"`
	// Seconds the run takes at its MaxConcurrency, at EventsPerSecond each and
	// ObjectMillis more for each object, but no less than Step Functions takes to
	// start ObjectsPerSecond.
	Seconds          int64 `json:"seconds"`
	EventsPerSecond  int64 `json:"eventsPerSecond"`
	ObjectMillis     int64 `json:"objectMillis"`
	ObjectsPerSecond int64 `json:"objectsPerSecond"`
	// RestoreSeconds are what restoring what is archived takes before that, at most.
	RestoreSeconds int64 `json:"restoreSeconds,omitempty"`
	// Paced: it is Step Functions that sets the pace.
	Paced bool `json:"paced,omitempty"`
	Cost
}

// CountForm adds a sampled object.
func (e *Estimate) CountForm(form string) {
	e.Forms = count(e.Forms, form, 1, maxForms)
}

// RestoreOffer is what restoring at one tier takes.
type RestoreOffer struct {
	Tier Tier `json:"tier"`
	// It usually takes from LeastSeconds to MostSeconds, and Dollars with copies that
	// stay for Days.
	LeastSeconds int64   `json:"leastSeconds"`
	MostSeconds  int64   `json:"mostSeconds"`
	Days         int     `json:"days"`
	Dollars      float64 `json:"dollars"`
}
