package run

import (
	"encoding/json"
	"strconv"
	"time"
)

// Variables is the inverse of ReadSettings: the environment from which the same
// settings are read. A variable that would only say the default is left out,
// so that what stands in the environment is what was set.
func (s Settings) Variables() map[string]string {
	v := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			v[name] = value
		}
	}
	number := func(name string, n, otherwise int) {
		if n != otherwise {
			v[name] = strconv.Itoa(n)
		}
	}
	put(envArchiveBucket, s.ArchiveBucket)
	put(envArchivePrefixes, list(s.ArchivePrefixes))
	put(envArchiveZone, zoneName(s.ArchiveZone))
	put(envArchiveRegion, s.ArchiveRegion)
	put(envArchiveEndpoint, s.ArchiveEndpoint)
	put(envRunBucket, s.RunBucket)
	put(envRunEndpoint, s.RunEndpoint)
	put(envIndexPrefix, s.IndexPrefix)
	put(envZone, zoneName(s.Zone))
	put(envFields, list(s.Fields))
	put(envParse, flag(s.Parse))
	number(envShards, s.Shards, -1)
	number(envReplicas, s.Replicas, -1)
	put(envRefreshInterval, s.RefreshInterval)
	put(envSearchURL, s.Search.URL)
	put(envSearchAuth, s.Search.Auth)
	put(envSearchSecret, s.Search.Secret)
	put(envSearchCA, s.Search.CA)
	put(envSearchRegion, s.Search.Region)
	number(envBulkBytes, s.BulkBytes, DefaultBulkBytes)
	number(envBulkInFlight, s.BulkInFlight, DefaultBulkInFlight)
	put(envBulkGzip, flag(s.BulkGzip))
	number(envRecordLimit, s.RecordLimit, DefaultRecordLimit)
	put(envVersion, s.Version)
	return v
}

func list(l []string) string {
	if len(l) == 0 {
		return ""
	}
	b, _ := json.Marshal(l) // a list of strings cannot fail
	return string(b)
}

func zoneName(z *time.Location) string {
	if z == nil {
		return ""
	}
	return z.String()
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}
