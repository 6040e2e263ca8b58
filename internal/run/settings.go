package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are those of a stack, the same for all its Lambdas, read from their
// environment. None of them is a secret.
type Settings struct {
	// ArchiveBucket is only ever read. ArchivePrefixes are Firehose prefix
	// expressions, ArchiveZone the zone of the times in its keys (Firehose's
	// CustomTimeZone).
	ArchiveBucket   string
	ArchivePrefixes []string
	ArchiveZone     *time.Location
	// ArchiveRegion is what the field region says of an event: the AWS region of
	// the archive, by default that of the function.
	ArchiveRegion string
	// RunBucket holds everything of a run, under runs/.
	RunBucket string
	// ArchiveEndpoint and RunEndpoint are the URLs of S3 servers other than AWS's;
	// empty means AWS.
	ArchiveEndpoint string
	RunEndpoint     string

	// IndexPrefix and Zone make the index names PREFIX-YYYY-MM-DD and the offset
	// of @timestamp.
	IndexPrefix string
	Zone        *time.Location
	// Fields are added to each document: logGroup, logStream, account, region.
	Fields []string
	// Parse adds a JSON message's members in one flattened field.
	Parse bool
	// Shards, Replicas and RefreshInterval go into the index template; negative
	// or empty leaves the cluster's own default.
	Shards          int
	Replicas        int
	RefreshInterval string

	Search Search

	// BulkBytes is the size of a bulk body before compression, BulkInFlight how
	// many are under way at once, BulkGzip whether they are compressed.
	BulkBytes    int
	BulkInFlight int
	BulkGzip     bool
	// RecordLimit is the size in bytes above which a record is damage.
	RecordLimit int
	// Version of this program, told in reports.
	Version string
}

// Search says how the cluster is reached.
type Search struct {
	URL string
	// Auth is one of none, basic, apikey, sigv4.
	Auth string
	// Secret is the ARN of the secret that holds {"username","password"} for
	// basic, or the encoded API key for apikey.
	Secret string
	// CA is a PEM bundle to trust beside the system's; empty for none.
	CA string
	// Region of an Amazon domain, for SigV4.
	Region string
}

// Names of the variables, and what each takes; README's and the stack's source.
const (
	envArchiveBucket   = "ARCHIVE_BUCKET"
	envArchivePrefixes = "ARCHIVE_PREFIXES"
	envArchiveZone     = "ARCHIVE_ZONE"
	envArchiveRegion   = "ARCHIVE_REGION"
	envArchiveEndpoint = "ARCHIVE_ENDPOINT"
	envRunBucket       = "RUN_BUCKET"
	envRunEndpoint     = "RUN_ENDPOINT"
	envIndexPrefix     = "INDEX_PREFIX"
	envZone            = "TIME_ZONE"
	envFields          = "FIELDS"
	envParse           = "PARSE"
	envShards          = "SHARDS"
	envReplicas        = "REPLICAS"
	envRefreshInterval = "REFRESH_INTERVAL"
	envSearchURL       = "SEARCH_URL"
	envSearchAuth      = "SEARCH_AUTH"
	envSearchSecret    = "SEARCH_SECRET"
	envSearchCA        = "SEARCH_CA"
	envSearchRegion    = "SEARCH_REGION"
	envBulkBytes       = "BULK_BYTES"
	envBulkInFlight    = "BULK_IN_FLIGHT"
	envBulkGzip        = "BULK_GZIP"
	envRecordLimit     = "RECORD_LIMIT"
	envVersion         = "REHYDRATE_VERSION"
)

// Defaults of Settings.
const (
	DefaultArchivePrefix = "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/"
	DefaultIndexPrefix   = "ecs-task"
	DefaultZone          = "Asia/Tokyo"
	DefaultBulkBytes     = 5 << 20
	DefaultBulkInFlight  = 2
	DefaultRecordLimit   = 64 << 20
)

// ReadSettings reads the environment. Its error joins one sentence for each
// variable that is wrong.
func ReadSettings(getenv func(string) string) (Settings, error) {
	r := reader{getenv: getenv}
	s := Settings{
		ArchiveBucket:   r.required(envArchiveBucket),
		ArchivePrefixes: r.list(envArchivePrefixes, []string{DefaultArchivePrefix}),
		ArchiveZone:     r.zone(envArchiveZone, "UTC"),
		ArchiveRegion:   r.text(envArchiveRegion, r.getenv("AWS_REGION")),
		ArchiveEndpoint: r.url(envArchiveEndpoint),
		RunBucket:       r.required(envRunBucket),
		RunEndpoint:     r.url(envRunEndpoint),
		IndexPrefix:     r.text(envIndexPrefix, DefaultIndexPrefix),
		Zone:            r.zone(envZone, DefaultZone),
		Fields:          r.list(envFields, nil),
		Parse:           r.flag(envParse),
		Shards:          r.number(envShards, -1, -1, 1024),
		Replicas:        r.number(envReplicas, -1, -1, 100),
		RefreshInterval: r.getenv(envRefreshInterval),
		Search: Search{
			URL:    r.url(envSearchURL),
			Auth:   r.oneOf(envSearchAuth, "none", "basic", "apikey", "sigv4"),
			Secret: r.getenv(envSearchSecret),
			CA:     r.getenv(envSearchCA),
			Region: r.text(envSearchRegion, r.getenv("AWS_REGION")),
		},
		BulkBytes:    r.number(envBulkBytes, DefaultBulkBytes, 1<<10, 100<<20),
		BulkInFlight: r.number(envBulkInFlight, DefaultBulkInFlight, 1, 64),
		BulkGzip:     r.flag(envBulkGzip),
		RecordLimit:  r.number(envRecordLimit, DefaultRecordLimit, 1<<20, 1<<30),
		Version:      r.text(envVersion, "development"),
	}
	r.check(s)
	return s, errors.Join(r.faults...)
}

// check is what one variable alone cannot tell.
func (r *reader) check(s Settings) {
	if err := ValidIndexPrefix(s.IndexPrefix); err != nil {
		r.fault(envIndexPrefix, "%v", err)
	}
	for _, f := range s.Fields {
		if !slices.Contains(FieldNames(), f) {
			r.fault(envFields, "%q is no field; give any of %s", f, strings.Join(FieldNames(), ", "))
		}
	}
	if slices.Contains(s.Fields, "region") && s.ArchiveRegion == "" {
		r.fault(envArchiveRegion, "missing; the field region needs it")
	}
	if s.Search.URL == "" {
		r.fault(envSearchURL, "missing; give the URL of the cluster")
	}
	if needs := s.Search.Auth == "basic" || s.Search.Auth == "apikey"; needs != (s.Search.Secret != "") {
		r.fault(envSearchSecret, "goes with %s basic and apikey, and only with these", envSearchAuth)
	}
	if s.Search.Auth == "sigv4" && s.Search.Region == "" {
		r.fault(envSearchRegion, "missing; %s sigv4 needs the region of the domain", envSearchAuth)
	}
}

// FieldNames are the values that Fields may hold.
func FieldNames() []string { return []string{"logGroup", "logStream", "account", "region"} }

// ValidIndexPrefix tells why PREFIX-YYYY-MM-DD would be no index name, or nil.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html
func ValidIndexPrefix(p string) error {
	switch {
	case p == "":
		return errors.New("an index prefix cannot be empty")
	case len(p) > 255-len("-2006-01-02"):
		return fmt.Errorf("index prefix %q is too long; an index name has at most 255 bytes", p)
	case p != strings.ToLower(p):
		return fmt.Errorf("index prefix %q has upper-case letters; an index name has none", p)
	case strings.HasPrefix(p, "-"), strings.HasPrefix(p, "_"), strings.HasPrefix(p, "+"), strings.HasPrefix(p, "."):
		return fmt.Errorf("index prefix %q begins with %q; an index name must not", p, p[:1])
	}
	for _, c := range p {
		if c <= ' ' || c == 0x7f || strings.ContainsRune(`\/*?"<>|,#:`, c) {
			return fmt.Errorf("index prefix %q holds %q; an index name must not", p, c)
		}
	}
	return nil
}

// reader collects the faults of the variables it reads.
type reader struct {
	getenv func(string) string
	faults []error
}

func (r *reader) fault(name, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
}

func (r *reader) text(name, otherwise string) string {
	if v := r.getenv(name); v != "" {
		return v
	}
	return otherwise
}

func (r *reader) required(name string) string {
	v := r.getenv(name)
	if v == "" {
		r.fault(name, "missing")
	}
	return v
}

// list reads a JSON array of strings.
func (r *reader) list(name string, otherwise []string) []string {
	v := r.getenv(name)
	if v == "" {
		return otherwise
	}
	var l []string
	if err := json.Unmarshal([]byte(v), &l); err != nil {
		r.fault(name, "%q is no JSON array of strings", v)
	}
	return l
}

func (r *reader) zone(name, otherwise string) *time.Location {
	v := r.text(name, otherwise)
	z, err := time.LoadLocation(v)
	if err != nil || v == "Local" {
		r.fault(name, "%q is no time zone; give one such as Asia/Tokyo or UTC", v)
		return time.UTC
	}
	return z
}

func (r *reader) url(name string) string {
	v := r.getenv(name)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		r.fault(name, "%q is no http or https URL", v)
	} else if u.User != nil {
		r.fault(name, "a URL with a password would be shown in logs; use %s and %s", envSearchAuth, envSearchSecret)
	}
	return strings.TrimSuffix(v, "/")
}

func (r *reader) flag(name string) bool {
	v := r.getenv(name)
	if v != "" && v != "true" && v != "false" {
		r.fault(name, "%q is neither true nor false", v)
	}
	return v == "true"
}

func (r *reader) number(name string, otherwise, least, most int) int {
	v := r.getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r.fault(name, "%q is no whole number from %d to %d", v, least, most)
	}
	return n
}

// oneOf reads one of values, the first where it is empty.
func (r *reader) oneOf(name string, values ...string) string {
	v := r.text(name, values[0])
	if !slices.Contains(values, v) {
		r.fault(name, "%q is none of %s", v, strings.Join(values, ", "))
	}
	return v
}
