package main

import (
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/settings"
)

// environment of a Lambda as it is in AWS, with names for what only AWS knows.
func environment(t *testing.T, tpl *template, id string) map[string]string {
	t.Helper()
	variables := map[string]string{"AWS_REGION": "ap-northeast-1"}
	for name, value := range tpl.only(t, "AWS::Lambda::Function", id).at("Environment", "Variables").(map[string]any) {
		variables[name] = plain(value).(string)
	}
	return variables
}

func TestLambdasUnderstandTheirEnvironment(t *testing.T) {
	tpl := synthesize(t, least()...)
	for _, id := range []string{"List", "Restore", "Prepare", "Index", "Report"} {
		variables := environment(t, tpl, id+"Function")
		s, err := settings.Read(func(name string) string { return variables[name] })
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if s.ArchiveBucket != "my-archive" || s.RunBucket != "${RunBucket}" || s.Version != "1.2.3" ||
			s.Search.URL != "https://search.example:9200" || s.Zone.String() != "Asia/Tokyo" {
			t.Errorf("%s reads %+v", id, s)
		}
	}
}

// The same code is the same asset, wherever and whenever it was built.
func TestAssetsAreNamedByTheirContent(t *testing.T) {
	list := synthesize(t, least()...).only(t, "AWS::Lambda::Function", "ListFunction").at("Code", "S3Key")
	for _, id := range []string{"List", "Restore", "Prepare", "Index", "Report"} {
		one := synthesize(t, least()...).only(t, "AWS::Lambda::Function", id+"Function").at("Code", "S3Key")
		other := synthesize(t, private()...).only(t, "AWS::Lambda::Function", id+"Function").at("Code", "S3Key")
		if one == nil || one != other {
			t.Errorf("%s is %v in one stack and %v in another", id, one, other)
		}
		if one != list {
			t.Errorf("%s is %v; want the one asset of all, %v", id, one, list)
		}
	}
}

func TestFunctions(t *testing.T) {
	tpl := synthesize(t, least()...)
	for id, memory := range map[string]float64{"List": 1769, "Prepare": 256, "Index": 1769, "Report": 1769} {
		f := tpl.only(t, "AWS::Lambda::Function", id+"Function")
		for _, c := range []struct {
			path []any
			want any
		}{
			{[]any{"Runtime"}, "provided.al2023"},
			{[]any{"Handler"}, strings.ToLower(id)},
			{[]any{"Architectures", 0}, "arm64"},
			{[]any{"MemorySize"}, memory},
			{[]any{"TracingConfig", "Mode"}, "Active"},
			{[]any{"ReservedConcurrentExecutions"}, nil},
			{[]any{"VpcConfig"}, nil},
		} {
			if got := f.at(c.path...); got != c.want {
				t.Errorf("%s: %v is %v, want %v", id, c.path, got, c.want)
			}
		}
		if got := plain(f.at("LoggingConfig", "LogGroup")); got != "${"+id+"Log}" {
			t.Errorf("%s logs to %v", id, got)
		}
		if got := tpl.only(t, "AWS::Logs::LogGroup", id+"Log").at("RetentionInDays"); got != 30.0 {
			t.Errorf("%s keeps its log %v days", id, got)
		}
	}
}
