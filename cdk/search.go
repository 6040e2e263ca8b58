package main

import (
	"net/url"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// cluster is what documents are sent to: one that exists, or the stack's own.
type cluster struct {
	url  string // empty for no cluster at all
	port int
	// domain is the ARN of the Amazon domain behind the URL; empty where the
	// cluster is none, or asks for no signature.
	domain string
	// group is the security group of a new domain, master the secret of its master
	// user.
	group  awsec2.CfnSecurityGroup
	master awssecretsmanager.CfnSecret
}

// masterSecret is the ARN of that secret; empty where the domain is not new.
func (c *cluster) masterSecret() string {
	if c.master == nil {
		return ""
	}
	return *c.master.Ref()
}

func newCluster(scope constructs.Construct, s settings.Settings) *cluster {
	if s.Cluster.New {
		return &cluster{port: 443, domain: arn(scope, "es", "domain/"+s.Stack), master: newMasterSecret(scope, s.Stack)}
	}
	return &cluster{url: s.Search.URL, port: port(s.Search.URL), domain: s.Cluster.Domain}
}

// port of an http or https URL, which settings have checked.
func port(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 443
	}
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}
