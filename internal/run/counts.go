package run

import "fmt"

// Counts says where events ended. Each event decoded ends in exactly one of the
// first seven below Decoded, and each counter is counted where its event ends,
// never computed from the others: Check can therefore find a loss.
type Counts struct {
	Decoded    int64 `json:"decoded"`
	OutOfRange int64 `json:"outOfRange"`
	Filtered   int64 `json:"filtered"`
	// Malformed: unusable in the archive (no id, no time, wrong types).
	Malformed int64 `json:"malformed"`
	// Rejected: refused by the cluster for the document's own sake.
	Rejected int64 `json:"rejected"`
	Created  int64 `json:"created"`
	// AlreadyThere counts conflicts (409); InDoubt how many of these followed a
	// resend whose first answer was lost, so that
	// Created ≤ really created here ≤ Created + InDoubt.
	AlreadyThere int64 `json:"alreadyThere"`
	InDoubt      int64 `json:"inDoubt"`
	// Written into files, in a run whose destination these are. An event that two
	// objects hold is written, and counted, twice.
	Written int64 `json:"written"`
}

// Wanted are the in-range, unfiltered events that were not malformed.
func (c Counts) Wanted() int64 { return c.Rejected + c.Created + c.AlreadyThere + c.Written }

// Check tells by how much the counts do not add up, or nil.
func (c Counts) Check() error {
	ended := c.OutOfRange + c.Filtered + c.Malformed + c.Wanted()
	if ended != c.Decoded {
		return fmt.Errorf("%d events were decoded but %d are accounted for", c.Decoded, ended)
	}
	if c.InDoubt > c.AlreadyThere {
		return fmt.Errorf("%d events are in doubt but only %d were already there", c.InDoubt, c.AlreadyThere)
	}
	return nil
}

// Add adds o's counts to c.
func (c *Counts) Add(o Counts) {
	c.Decoded += o.Decoded
	c.OutOfRange += o.OutOfRange
	c.Filtered += o.Filtered
	c.Malformed += o.Malformed
	c.Rejected += o.Rejected
	c.Created += o.Created
	c.AlreadyThere += o.AlreadyThere
	c.InDoubt += o.InDoubt
	c.Written += o.Written
}

// Inferred counts the wanted events whose id or time is none of the archive's own.
type Inferred struct {
	// DerivedIDs were made of the event, or PlacedIDs of them of its place in the
	// object, as it cannot be told from others by what it is.
	DerivedIDs int64 `json:"derivedIds,omitempty"`
	PlacedIDs  int64 `json:"placedIds,omitempty"`
	// MessageTimes were read in the message; KeyTimes are those of the object's key,
	// and only near to the event's.
	MessageTimes int64 `json:"messageTimes,omitempty"`
	KeyTimes     int64 `json:"keyTimes,omitempty"`
}

// Add adds o's counts to i.
func (i *Inferred) Add(o Inferred) {
	i.DerivedIDs += o.DerivedIDs
	i.PlacedIDs += o.PlacedIDs
	i.MessageTimes += o.MessageTimes
	i.KeyTimes += o.KeyTimes
}

// IndexCounts says where the documents meant for one index ended:
// Documents = Rejected + Created + AlreadyThere.
type IndexCounts struct {
	Documents    int64 `json:"documents"`
	Rejected     int64 `json:"rejected,omitempty"`
	Created      int64 `json:"created,omitempty"`
	AlreadyThere int64 `json:"alreadyThere,omitempty"`
}

// Add adds o's counts to c.
func (c *IndexCounts) Add(o IndexCounts) {
	c.Documents += o.Documents
	c.Rejected += o.Rejected
	c.Created += o.Created
	c.AlreadyThere += o.AlreadyThere
}
