package bulk

import (
	"strings"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/apierror"
	"github.com/rehydrate/rehydrate/internal/run"
)

// verdict is what an answer means for a document, or for a whole request.
type verdict uint8

const (
	// pending: no answer that says anything yet.
	pending verdict = iota
	created
	alreadyThere
	// rejected: the document's own fault. It would be refused again.
	rejected
	// throttled and unavailable: the cluster's state, which changes. Sent again.
	throttled
	unavailable
	// tooLarge: fewer documents at once may pass.
	tooLarge
	// denied and unusable: the cluster's state, which only a person changes.
	denied
	unusable
)

// final tells whether v is an outcome of a document.
func (v verdict) final() bool { return v == created || v == alreadyThere || v == rejected }

// fault is the name in the state machine of what keeps documents from being
// indexed.
func (v verdict) fault() string {
	switch v {
	case throttled:
		return run.Throttled
	case denied:
		return run.Denied
	case unusable:
		return run.UnusableCluster
	default:
		return run.Unavailable
	}
}

// documentVerdict tells what an item's status and error mean. Type and reason are
// the words that Elasticsearch 7.10 to 9 and OpenSearch 1 to 3 use; the type is
// the exception's name in snake case, see ElasticsearchException.getExceptionName.
func documentVerdict(status int, e apierror.Error) verdict {
	switch status {
	case 201:
		return created
	case 409:
		// Also a primary that is not allocated yet is a conflict to them.
		if e.Type == "version_conflict_engine_exception" || e.Type == "" {
			return alreadyThere
		}
		return unavailable
	case 200: // "noop": an ingest pipeline of the cluster dropped the document
		return rejected
	case 413:
		return rejected
	}
	if v := clusterVerdict(e); v != pending {
		return v
	}
	switch {
	case status == 429:
		return throttled
	case status == 401 || status == 403:
		return denied
	case status == 400 || status == 422 || ownFault(e.Type):
		return rejected
	}
	return unavailable // 5xx, and what no engine is known to answer
}

// clusterVerdict tells whether the error is about the state of the cluster,
// whatever status it comes with, or gives pending.
func clusterVerdict(e apierror.Error) verdict {
	switch e.Type {
	case "es_rejected_execution_exception", "rejected_execution_exception",
		"open_search_rejected_execution_exception", "circuit_breaking_exception":
		return throttled
	case "cluster_block_exception":
		// 429 is the flood stage. Every kind of block comes and goes by itself:
		// Amazon's service blocks writes under memory pressure and lifts it again.
		return unavailable
	case "security_exception":
		return denied
	case "index_closed_exception", "invalid_index_name_exception", "invalid_index_template_exception":
		return unusable
	case "index_not_found_exception":
		if strings.Contains(e.Reason, "auto_create_index") || strings.Contains(e.Reason, "automatic") {
			return unusable
		}
		return unavailable // perhaps deleted this moment: then the next try creates it
	case "validation_exception": // of creating the index: limits of shards
		return unusable
	case "illegal_argument_exception":
		if strings.HasPrefix(e.Reason, "no write index is defined for alias") ||
			strings.HasPrefix(e.Reason, "pipeline with id [") ||
			strings.Contains(e.Reason, "maximum normal shards open") {
			return unusable
		}
	case "unavailable_shards_exception", "process_cluster_event_timeout_exception",
		"no_shard_available_action_exception", "index_primary_shard_not_allocated_exception",
		"shard_not_in_primary_mode_exception", "node_closed_exception", "node_not_connected_exception",
		"master_not_discovered_exception", "cluster_manager_not_discovered_exception",
		"not_master_exception", "not_cluster_manager_exception", "timeout_exception":
		return unavailable
	}
	return pending
}

// ownFault names Java's own exceptions that a document can set off in an engine,
// which then answers 500: trying again would meet them for ever.
func ownFault(kind string) bool {
	switch kind {
	case "null_pointer_exception", "class_cast_exception", "arithmetic_exception",
		"number_format_exception", "index_out_of_bounds_exception",
		"string_index_out_of_bounds_exception", "array_index_out_of_bounds_exception",
		"stack_overflow_error", "script_exception", "input_coercion_exception":
		return true
	}
	return false
}

// requestVerdict tells what the status of a whole request other than 2xx means,
// and whether documents may have been indexed all the same: a proxy may answer
// 429, too, to what it has passed on.
func requestVerdict(status int, e apierror.Error) (v verdict, inDoubt bool) {
	if v := clusterVerdict(e); v != pending {
		return v, status >= 500 || status == 429
	}
	switch {
	case status == 413:
		return tooLarge, false
	case status == 429:
		return throttled, true
	case status == 401 || status == 403 || status == 407:
		return denied, false
	case status == 408 || status == 425 || status >= 500:
		return unavailable, true
	}
	return unusable, false // 3xx, 400, 404, 405, 406, 415: no bulk API behind this URL
}

// remedy says what a person can do about a verdict.
func (v verdict) remedy(e apierror.Error) string {
	switch {
	case e.Type == "cluster_block_exception":
		return "lift the block or free what it guards (most often disk space), then start again: what is indexed stays"
	case strings.Contains(e.Reason, "shards open"):
		return "delete or shrink indices, or raise cluster.max_shards_per_node, then start again"
	case e.Type == "index_not_found_exception":
		return "let action.auto_create_index allow the indices of this prefix, or create them, then start again"
	case e.Type == "index_closed_exception":
		return "open the index (POST INDEX/_open) or delete it, then start again"
	}
	switch v {
	case throttled:
		return "lower maxConcurrency or give the cluster more room, then start again: what is indexed stays"
	case denied:
		return "let the cluster's user or role write to (create_doc) and create (create_index) the indices of this prefix, then start again"
	case unusable:
		return "correct this on the cluster, then start again"
	default:
		return "see whether the cluster is well, then start again: what is indexed stays"
	}
}

// maxWords bounds what is handed on of the cluster's words, in bytes.
const maxWords = 600

// words are the cluster's own, made fit for a sentence.
func words(e apierror.Error) string {
	reason := strings.TrimRight(e.Reason, "; ")
	if e.Type != "" && reason != "" {
		reason = ": " + reason
	}
	return clip(e.Type+reason, maxWords)
}

// clip makes s valid UTF-8 without control characters, of at most limit bytes.
func clip(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// group makes a reason the same for every document that is refused for it: it
// takes out the document's id, place and value.
//
//	[1:35] failed to parse field [n] of type [long] in document with id 'a'. Preview of field's value: 'b'
func group(reason string) string {
	if kind, rest, ok := strings.Cut(reason, ": ["); ok {
		if place, rest, ok := strings.Cut(rest, "] "); ok && strings.Trim(place, "0123456789:") == "" {
			reason = kind + ": " + rest
		}
	}
	reason, _, _ = strings.Cut(reason, " in document with id '")
	return reason
}
