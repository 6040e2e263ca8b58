package run

import "time"

// The keys of a run's files in the run bucket. Everything of a run lies under
// Folder(name), but for a line of history that outlives it.

// Folder is the run's folder, with its slash.
func Folder(name string) string { return "runs/" + name + "/" }

// ClaimKey holds the Execution that owns the name; put once, conditionally.
func ClaimKey(name string) string { return Folder(name) + "claim.json" }

// PlanKey holds the Plan.
func PlanKey(name string) string { return Folder(name) + "plan.json" }

// ManifestKey holds one Object a line (JSON Lines).
func ManifestKey(name string) string { return Folder(name) + "manifest.jsonl" }

// SpentKey holds how many events the children of a run with MaxEvents have taken.
func SpentKey(name string) string { return Folder(name) + "spent.json" }

// InventoryKey holds the Inventory.
func InventoryKey(name string) string { return Folder(name) + "inventory.json" }

// PreparedKey holds the Prepared.
func PreparedKey(name string) string { return Folder(name) + "prepared.json" }

// RestoreKey holds the Restore as of the last call.
func RestoreKey(name string) string { return Folder(name) + "restore.json" }

// RestoreFolder holds, for each round in which archived objects were looked at, a
// folder of JSON Lines: the Objects that are still waited for.
func RestoreFolder(name string) string { return Folder(name) + "restore/" }

// ResultsPrefix is the Prefix of the map's ResultWriter, without a slash at its
// end: Step Functions writes <prefix>/<map run uuid>/manifest.json and others.
func ResultsPrefix(name string) string { return Folder(name) + "results" }

// RejectedFolder holds malformed events and rejected documents as subscription
// records.
func RejectedFolder(name string) string { return Folder(name) + "rejected/" }

// RefusedFolder holds those of them that the cluster refused, which may pass once
// the cause is corrected; MalformedFolder those that the archive holds unusable,
// which never pass.
func RefusedFolder(name string) string { return RejectedFolder(name) + "refused/" }

// MalformedFolder is the other part of RejectedFolder.
func MalformedFolder(name string) string { return RejectedFolder(name) + "malformed/" }

// EventsFolder holds the events of a run whose destination is files, as JSON
// Lines in gzip, in a folder for each UTC day and in it for each UTC hour of
// their own times: events/2018-12-10/03/.
func EventsFolder(name string) string { return Folder(name) + "events/" }

// ProblemsFolder holds, as JSON Lines, every object that is not wholly indexed;
// the report names the files.
func ProblemsFolder(name string) string { return Folder(name) + "problems/" }

// ReportKey holds the whole report; PageKey the same for people.
func ReportKey(name string) string { return Folder(name) + "report.json" }

// PageKey holds the report as one self-contained HTML page.
func PageKey(name string) string { return Folder(name) + "report.html" }

// HistoryFolder holds one small object for each run that has ended, which is kept when
// the run's folder is not.
const HistoryFolder = "history/"

// HistoryKey holds a run's Past; keys sort by when runs were started.
func HistoryKey(started time.Time, name string) string {
	return HistoryFolder + started.UTC().Format("20060102T150405.000Z") + "-" + name + ".json"
}
