package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/rehydrate/rehydrate/internal/run"
)

// searchRequest is an HTTP method on a path of the cluster, which may end in *.
type searchRequest struct {
	method, path string
}

// The requests of each Lambda that speaks to the cluster. A test lets the real
// code make all of its requests and finds each of them here.

func prepareRequests(s run.Settings) []searchRequest {
	indexPrefix := s.IndexPrefix
	requests := []searchRequest{
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
	requests = append(requests, fillViewRequests(indexPrefix)...)
	if s.LoadReplicas >= 0 {
		requests = append(requests, searchRequest{"Put", loadingTemplate(indexPrefix)}, searchRequest{"Put", loadingTemplate(indexPrefix) + "-*"})
		requests = append(requests, endLoadingRequests(indexPrefix)...)
	}
	return requests
}

func indexRequests() []searchRequest {
	return []searchRequest{{"Post", "_bulk"}}
}

func reportRequests(s run.Settings) []searchRequest {
	requests := []searchRequest{
		{"Post", s.IndexPrefix + "-*/_refresh"},
		{"Post", "_msearch"},
	}
	if s.LoadReplicas >= 0 {
		requests = append(requests,
			searchRequest{"Get", "_index_template"}, searchRequest{"Get", "_template"}, searchRequest{"Get", s.IndexPrefix + "-*"})
		requests = append(requests, endLoadingRequests(s.IndexPrefix)...)
	}
	return requests
}

// endLoadingRequests are the changes that give indices their replicas.
func endLoadingRequests(indexPrefix string) []searchRequest {
	return []searchRequest{
		{"Post", indexPrefix + "-*/_flush"},
		{"Put", indexPrefix + "-*/_settings"},
		{"Put", indexPrefix + "-*/_mapping"},
		{"Delete", loadingTemplate(indexPrefix)},
		{"Delete", loadingTemplate(indexPrefix) + "-*"}, // of a view
	}
}

func loadingTemplate(indexPrefix string) string {
	return "_index_template/rehydrate.loading-" + indexPrefix
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
