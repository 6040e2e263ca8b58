// Package cost prices what a run uses of AWS, before it by an estimate and after it
// by what was counted. It knows prices and how a run spends, and asks nobody.
package cost

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// State transitions that are billed.
const (
	// Object: child start, Index object, How did it end?, Indexed.
	Object = 4
	// Call: Index object and How did it end? of each call after the first.
	Call = 2
	// Run: the states of the run itself, List to Complete.
	Run = 15
)

// Usage is what a run takes of AWS.
type Usage struct {
	Objects, Calls int64
	// LambdaSeconds of the index Lambda, of Memory MiB.
	LambdaSeconds float64
	Memory        int
	// Stored is what is read of the archive, by storage class; Encrypted says that
	// each object takes a request of KMS.
	Stored    []run.Stored
	Encrypted bool
	// Tier at which what is not restored is to be, and for how many Days; empty where it
	// stays archived.
	Tier run.Tier
	Days int
	// Puts are files that are written, Sent the bytes that go to the cluster.
	Puts float64
	Sent int64
	// Network is the index Lambda's, Cluster the URL that it sends to, Region its own.
	Network, Cluster, Region string
}

// Of is what usage costs.
func Of(u Usage) run.Cost {
	c := run.Cost{
		Lambda:        u.LambdaSeconds*float64(u.Memory)/1024*lambdaGBSecond + float64(u.Calls)*lambdaRequest,
		StepFunctions: float64(u.Objects*Object+(u.Calls-u.Objects)*Call+Run) * stateTransition,
		S3:            u.Puts * s3Put,
		Priced:        priced,
	}
	var bytes int64
	for _, s := range u.Stored {
		r, objects, size := readings(s.StorageClass), float64(s.Objects), float64(s.Bytes)/gigabyte
		c.S3 += objects * r.get
		c.Retrieval += size * r.gigabyte
		if u.Tier != "" {
			c.Retrieval += Restore(u.Tier, s.StorageClass, s.Unrestored, s.UnrestoredBytes, u.Days)
		}
		bytes += s.Bytes
		if u.Encrypted {
			c.KMS += objects * kmsRequest
		}
	}
	if u.Network == run.NetworkNAT {
		c.Network += float64(bytes) / gigabyte * natGB
	}
	if Leaves(u.Network, u.Cluster, u.Region) {
		c.Network += float64(u.Sent) / gigabyte * internetGB
	}
	c.Dollars = c.Lambda + c.StepFunctions + c.S3 + c.Network + c.KMS + c.Retrieval
	return c
}

// Leaves tells whether what is sent to the cluster leaves AWS by the internet: from
// outside of a VPC, to an address that is neither private nor Amazon's own in the
// same region.
func Leaves(network, cluster, region string) bool {
	u, err := url.Parse(cluster)
	if err != nil || u.Hostname() == "" || network != run.NetworkInternet {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil && (ip.IsLoopback() || ip.IsPrivate()) || host == "localhost" {
		return false
	}
	return !strings.HasSuffix(host, ".amazonaws.com") || !slices.Contains(strings.Split(host, "."), region)
}

// TransitionsPerSecond are the state transitions that Step Functions makes in a
// region at most, sustained.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
func TransitionsPerSecond(region string) int64 {
	switch region {
	case "us-east-1", "us-west-2", "eu-west-1":
		return 1500
	}
	return 500
}
