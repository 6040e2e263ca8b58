package cost

import (
	"math"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// TestReadmeExample: the run of cdk/README, line by line.
func TestReadmeExample(t *testing.T) {
	month := Usage{
		Objects: 43_200, Calls: 43_200, LambdaSeconds: 10_000, Memory: 1769,
		Stored: []run.Stored{{Objects: 43_200, Bytes: 9 << 30}}, Sent: 50 << 30,
		Network: run.NetworkEndpoint, Cluster: "https://vpc-logs.us-east-1.es.amazonaws.com", Region: "us-east-1",
	}
	for _, c := range []struct {
		name    string
		change  func(*Usage)
		dollars float64
	}{
		{"in a VPC", func(*Usage) {}, 4.32 + 0.23 + 0.03},
		{"through NAT", func(u *Usage) { u.Network = run.NetworkNAT }, 4.58 + 0.41},
		{"over the internet", func(u *Usage) { u.Network, u.Cluster = run.NetworkInternet, "https://search.example.com:9200" }, 4.58 + 4.50},
		{"compressed", func(u *Usage) {
			u.Network, u.Cluster, u.Sent = run.NetworkInternet, "https://search.example.com:9200", 5<<30
		}, 4.58 + 0.45},
		{"to Amazon's service in the region", func(u *Usage) {
			u.Network, u.Cluster = run.NetworkInternet, "https://search-logs.us-east-1.es.amazonaws.com"
		}, 4.58},
		{"encrypted", func(u *Usage) { u.Encrypted = true }, 4.58 + 0.13},
		{"from Glacier Instant Retrieval", func(u *Usage) { u.Stored[0].StorageClass = "GLACIER_IR" }, 4.58 - 0.02 + 0.43 + 0.27},
		{"restored from Deep Archive", func(u *Usage) {
			u.Stored[0] = run.Stored{StorageClass: "DEEP_ARCHIVE", Objects: 43_200, Bytes: 9 << 30, Unrestored: 43_200, UnrestoredBytes: 9 << 30}
			u.Tier = run.Standard
		}, 4.58 + 4.32 + 0.18},
		{"left in Deep Archive", func(u *Usage) {
			u.Stored[0] = run.Stored{StorageClass: "DEEP_ARCHIVE", Objects: 43_200, Bytes: 9 << 30, Unrestored: 43_200, UnrestoredBytes: 9 << 30}
		}, 4.58},
		{"restored from Glacier Flexible Retrieval", func(u *Usage) {
			u.Stored[0] = run.Stored{StorageClass: "GLACIER", Objects: 43_200, Bytes: 9 << 30, Unrestored: 43_200, UnrestoredBytes: 9 << 30}
			u.Tier, u.Days = run.Standard, 7
		}, 4.58 + 2.30},
		{"restored from Deep Archive at Bulk", func(u *Usage) {
			u.Stored[0] = run.Stored{StorageClass: "DEEP_ARCHIVE", Objects: 43_200, Bytes: 9 << 30, Unrestored: 43_200, UnrestoredBytes: 9 << 30}
			u.Tier, u.Days = run.Bulk, 7
		}, 4.58 + 1.15},
		{"into files", func(u *Usage) { u.LambdaSeconds, u.Puts, u.Sent = 1400, 86_400, 0 }, 4.58 - 0.20 + 0.43},
	} {
		u := month
		u.Stored = append([]run.Stored{}, month.Stored...)
		c.change(&u)
		got := Of(u)
		if math.Abs(got.Dollars-c.dollars) > 0.02 {
			t.Errorf("%s: $%.2f (%+v), want $%.2f", c.name, got.Dollars, got, c.dollars)
		}
		if sum := got.Lambda + got.StepFunctions + got.S3 + got.Retrieval + got.Network + got.KMS; math.Abs(sum-got.Dollars) > 1e-9 {
			t.Errorf("%s: the parts come to %v", c.name, sum)
		}
	}
}

// TestRestore: a million objects of 1 GB in all, for ten days.
func TestRestore(t *testing.T) {
	const kept = 10 * 0.023 / 30
	for _, c := range []struct {
		tier    run.Tier
		class   string
		dollars float64
	}{
		{run.Bulk, run.Glacier, 0 + kept},
		{run.Standard, run.Glacier, 50 + 0.01 + kept},
		{run.Expedited, run.Glacier, 10_000 + 0.03 + kept},
		{run.Bulk, run.DeepArchive, 25 + 0.0025 + kept},
		{run.Standard, run.DeepArchive, 100 + 0.02 + kept},
		{run.Bulk, run.IntelligentTiering, 0},
		{run.Standard, run.IntelligentTiering, 0},
		{run.Expedited, run.IntelligentTiering, 10_000 + 0.03},
		{run.Standard, "", 0},
	} {
		if got := Restore(c.tier, c.class, 1_000_000, 1<<30, 10); math.Abs(got-c.dollars) > 1e-9 {
			t.Errorf("%s from %q costs %v, want %v", c.tier, c.class, got, c.dollars)
		}
	}
}

// TestLeaves: traffic is billed as the internet's where it leaves AWS.
func TestLeaves(t *testing.T) {
	for url, want := range map[string]bool{
		"https://search.example.com:9200": true, "https://8.8.8.8": true,
		"https://search-logs.eu-west-1.es.amazonaws.com": true, // of another region
		"https://search-logs.us-east-1.es.amazonaws.com": false,
		"http://127.0.0.1:9200":                          false, "http://localhost:9200": false, "https://10.1.2.3": false, "": false,
	} {
		if Leaves(run.NetworkInternet, url, "us-east-1") != want {
			t.Errorf("%q leaves: %v", url, !want)
		}
		if Leaves(run.NetworkNAT, url, "us-east-1") {
			t.Errorf("%q leaves a VPC", url)
		}
	}
}
