package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

// searchRequest is an HTTP method on a path of the cluster, which may end in *.
type searchRequest struct {
	method, path string
}

// The requests of each Lambda that speaks to the cluster. A test lets the real
// code make all of its requests and finds each of them here.

func prepareRequests(indexPrefix string) []searchRequest {
	return []searchRequest{
		{"Get", ""}, // what it is
		{"Get", "_nodes/_local"},
		{"Get", "_cluster/settings"},
		{"Get", "_cluster/health"},
		{"Get", "_nodes/stats/*"}, // what it has room for
		{"Get", "_index_template"},
		{"Get", "_template"},
		{"Get", indexPrefix + "-*"},
		{"Put", "_index_template/rehydrate-" + indexPrefix},
		{"Post", "_index_template/_simulate_index/" + indexPrefix + "-*"},
		{"Post", "_security/user/_has_privileges"},
		{"Post", indexPrefix + "-*/_refresh"},
		{"Post", "_msearch"},
	}
}

func indexRequests() []searchRequest {
	return []searchRequest{{"Post", "_bulk"}}
}

func reportRequests(indexPrefix string) []searchRequest {
	return []searchRequest{
		{"Post", indexPrefix + "-*/_refresh"},
		{"Post", "_msearch"},
	}
}

// readerRequests are those of a person who searches.
func readerRequests(indexPrefix string) []searchRequest {
	return []searchRequest{
		{"Get", ""},
		{"Get", indexPrefix + "-*"},
		{"Post", indexPrefix + "-*/_search"},
		{"Post", indexPrefix + "-*/_count"},
		{"Post", indexPrefix + "-*/_msearch"},
	}
}

// requestStatements allows requests on a domain, one statement for each method.
func requestStatements(domain string, requests []searchRequest) []awsiam.PolicyStatement {
	var may []awsiam.PolicyStatement
	for _, method := range methods(requests) {
		may = append(may, allow("Search"+method, []string{"es:ESHttp" + method}, resources(domain, method, requests), nil))
	}
	return may
}

func methods(requests []searchRequest) []string {
	var names []string
	for _, r := range requests {
		if !slices.Contains(names, r.method) {
			names = append(names, r.method)
		}
	}
	return names
}

func resources(domain, method string, requests []searchRequest) []string {
	var arns []string
	for _, r := range requests {
		if r.method == method {
			arns = append(arns, domain+"/"+r.path)
		}
	}
	return arns
}
