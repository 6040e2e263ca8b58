package list

// List prices of AWS in us-east-1, in US dollars, without free tiers, as of
// November 2026:
// https://aws.amazon.com/lambda/pricing/ (arm64),
// https://aws.amazon.com/step-functions/pricing/ (Standard),
// https://aws.amazon.com/s3/pricing/ (S3 Standard, requests).
// Tokyo's are the same but for S3's, which are a tenth lower.
const (
	priced            = "us-east-1, 2026-11"
	lambdaGBSecond    = 0.0000133334
	lambdaRequest     = 0.20 / 1e6
	stateTransition   = 0.025 / 1e3
	s3Get             = 0.0004 / 1e3
	s3Put             = 0.005 / 1e3
	objectTransitions = 4  // child start, Index object, How did it end?, Indexed
	runTransitions    = 10 // the states of the run itself, List to Complete
)
