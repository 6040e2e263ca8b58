package archive

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// endpoints remembers where the requests of a client go, of which a few places are
// all there are: the SDK works it out anew for each request, and compiles regular
// expressions for that, a tenth of what a small object costs.
type endpoints struct {
	resolver s3.EndpointResolverV2
	known    sync.Map // of smithyendpoints.Endpoint, by place
}

// place is what an endpoint follows from: all the parameters but the key, the prefix
// and the source of a copy, which no rule of S3's looks at.
type place struct {
	bucket, region, endpoint string
	flags                    [11]flag
}

// flag tells false from not given, as rules do.
type flag struct{ given, set bool }

func placeOf(p s3.EndpointParameters) place {
	o := place{bucket: aws.ToString(p.Bucket), region: aws.ToString(p.Region), endpoint: aws.ToString(p.Endpoint)}
	for i, b := range []*bool{
		p.UseFIPS, p.UseDualStack, p.ForcePathStyle, p.Accelerate, p.UseGlobalEndpoint, p.UseObjectLambdaEndpoint,
		p.DisableAccessPoints, p.DisableMultiRegionAccessPoints, p.UseArnRegion, p.UseS3ExpressControlEndpoint, p.DisableS3ExpressSessionAuth,
	} {
		o.flags[i] = flag{b != nil, aws.ToBool(b)}
	}
	return o
}

// ResolveEndpoint is as the SDK's.
func (e *endpoints) ResolveEndpoint(ctx context.Context, p s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	at := placeOf(p)
	if known, ok := e.known.Load(at); ok {
		return copied(known.(smithyendpoints.Endpoint)), nil //nolint:forcetypeassert // what is stored below
	}
	found, err := e.resolver.ResolveEndpoint(ctx, p)
	if err == nil {
		e.known.Store(at, copied(found))
	}
	return found, err
}

// copied is an endpoint whose ways to sign are its own: the SDK writes into them for
// each request.
func copied(e smithyendpoints.Endpoint) smithyendpoints.Endpoint {
	var own smithy.Properties
	own.SetAll(&e.Properties)
	if options, ok := smithyauth.GetAuthOptions(&e.Properties); ok {
		ours := make([]*smithyauth.Option, len(options))
		for i, o := range options {
			ours[i] = &smithyauth.Option{SchemeID: o.SchemeID}
			ours[i].IdentityProperties.SetAll(&o.IdentityProperties)
			ours[i].SignerProperties.SetAll(&o.SignerProperties)
		}
		smithyauth.SetAuthOptions(&own, ours)
	}
	e.Properties = own
	return e
}
