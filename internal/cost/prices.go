package cost

// List prices of AWS in us-east-1, in US dollars, without free tiers, as of
// November 2026:
// https://aws.amazon.com/lambda/pricing/ (arm64),
// https://aws.amazon.com/step-functions/pricing/ (Standard),
// https://aws.amazon.com/s3/pricing/ (requests, retrieval, data transfer),
// https://aws.amazon.com/vpc/pricing/ (NAT), https://aws.amazon.com/kms/pricing/.
// Tokyo's are the same but for S3's requests, which are a tenth lower, and for
// internet and NAT, which are a quarter and a third higher.
const (
	priced          = "us-east-1, 2026-11"
	lambdaGBSecond  = 0.0000133334
	lambdaRequest   = 0.20 / 1e6
	stateTransition = 0.025 / 1e3
	s3Put           = 0.005 / 1e3
	kmsRequest      = 0.03 / 1e4
	internetGB      = 0.09
	natGB           = 0.045
)

// gigabyte is what AWS bills by.
const gigabyte = 1 << 30

// reading is what an object of a storage class costs to be read: each GET and each
// gigabyte.
type reading struct{ get, gigabyte float64 }

// readings by storage class; what is none of these is as STANDARD.
func readings(storageClass string) reading {
	const standard = 0.0004 / 1e3
	switch storageClass {
	case "STANDARD_IA", "ONEZONE_IA":
		return reading{get: 0.001 / 1e3, gigabyte: 0.01}
	case "GLACIER_IR":
		return reading{get: 0.01 / 1e3, gigabyte: 0.03}
	}
	return reading{get: standard}
}
