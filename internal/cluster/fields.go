package cluster

import "github.com/rehydrate/rehydrate/internal/document"

// fieldPath is the dotted path of what one of run.FieldNames adds to a document.
func fieldPath(name string) string {
	switch name {
	case "logGroup":
		return document.LogGroupField
	case "logStream":
		return document.LogStreamField
	case "account":
		return document.AccountField
	case "region":
		return document.RegionField
	}
	return ""
}
