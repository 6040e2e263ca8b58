package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	stack "github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/deployed"
)

// contextFile is where the CDK keeps what an app is told.
const contextFile = "cdk.context.json"

func newInit() *cobra.Command {
	var c stackContext
	var archive, search string
	var set []string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write the settings of a stack, to deploy it",
		Long: `Writes the settings of a stack into cdk.context.json, where the CDK finds them: run
it in a checkout of rehydrate, then npx cdk bootstrap and npx cdk deploy. What is
there already stays, unless it is set anew. On a terminal it asks for what it is
not told. It looks whether the bucket and the cluster are there, as far as your
credentials allow; what it cannot see is no error.`,
		Example: "  rehydrate init\n  rehydrate init --archive my-log-archive --search https://search.example.com:9200\n" +
			"  rehydrate init --set indexPrefix=app --set live=true",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, isFile := cmd.InOrStdin().(*os.File)
			c.in, c.out = bufio.NewReader(cmd.InOrStdin()), cmd.OutOrStdout()
			c.asks = isFile && term.IsTerminal(int(in.Fd())) && archive+search == "" && len(set) == 0
			return c.make(cmd.Context(), archive, search, set)
		},
	}
	f := cmd.Flags()
	f.StringVar(&archive, "archive", "", "`bucket` that holds the archive, or new")
	f.StringVar(&search, "search", "", "`URL` of the cluster, or new; none for runs into files only")
	f.StringArrayVar(&set, "set", nil, "any setting of the stack, as `NAME=VALUE`; without a value it is taken away. May be given more than once; cdk/README.md lists them")
	f.StringVar(&c.file, "file", contextFile, "`file` to write")
	return cmd
}

// stackContext is the file, and whom to ask.
type stackContext struct {
	file string
	in   *bufio.Reader
	out  io.Writer
	asks bool

	values map[string]json.RawMessage
}

func (c *stackContext) make(ctx context.Context, archive, search string, set []string) error {
	if err := c.read(); err != nil {
		return err
	}
	if archive != "" {
		c.set("archive", archive)
	}
	if search != "" {
		c.set("search", search)
	}
	for _, pair := range set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("--set: %q is not NAME=VALUE", pair)
		}
		c.set(strings.TrimPrefix(name, stack.Prefix), value)
	}
	if c.asks {
		if err := c.ask(ctx); err != nil {
			return err
		}
	} else {
		c.sign(ctx)
	}
	s, err := c.settings()
	if err != nil {
		return fmt.Errorf("%s is not written:\n%w", c.file, err)
	}
	for _, note := range lookAround(ctx, s) {
		fmt.Fprintln(c.out, "-", note)
	}
	if err := c.write(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s holds the settings of the stack %s.\n", c.file, s.Stack)
	if _, err := os.Stat(filepath.Join(filepath.Dir(c.file), "cdk.json")); err != nil {
		fmt.Fprintln(c.out, "No cdk.json is beside it: the CDK reads both in a checkout of rehydrate.")
	}
	fmt.Fprintln(c.out, "Next: npx cdk bootstrap (once for an account and region), npx cdk deploy")
	return nil
}

// ask asks for what nearly every stack is told, with what is there as what Enter
// stands for.
func (c *stackContext) ask(ctx context.Context) error {
	questions := []struct {
		name, question string
		when           func() bool
	}{
		{"archive", "Bucket that holds the archive, or new", nil},
		{"archiveLogGroups", "Log groups to archive, with commas between", func() bool { return c.text("archive") == stack.New }},
		{"archivePrefix", "Prefix that the Firehose stream has (Enter for the default)", func() bool { return c.text("archive") != stack.New }},
		{"search", "URL of the cluster, or new (Enter for none: runs into files only)", nil},
		{"searchAuth", "How the Lambdas sign in: none, basic, apikey, sigv4", func() bool { return c.hasCluster() }},
		{"searchDomain", "ARN of the domain", func() bool { return c.text("searchAuth") == "sigv4" }},
		{"searchSecret", "ARN of the secret", func() bool { return slices.Contains([]string{"basic", "apikey"}, c.text("searchAuth")) }},
		{"vpc", "VPC that the cluster is reached in (Enter for a public one)", func() bool { return c.text("search") != "" }},
		{"subnets", "Private subnets of the VPC, with commas between", func() bool { return c.text("vpc") != "" }},
		{"email", "Address that is told of each run's end (Enter for none)", nil},
	}
	for _, q := range questions {
		if q.when != nil && !q.when() {
			continue
		}
		if q.name == "searchAuth" {
			c.sign(ctx)
		}
		there := c.text(q.name)
		fmt.Fprintf(c.out, "%s%s: ", q.question, strings.TrimSuffix(" ["+there+"]", " []"))
		answer, err := c.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the answer to %q: %w", q.question, err)
		}
		if value := cmp.Or(strings.TrimSpace(answer), there); value != "" {
			c.set(q.name, value)
		}
	}
	return nil
}

func (c *stackContext) hasCluster() bool {
	return c.text("search") != "" && c.text("search") != stack.New
}

// sign fills in how the Lambdas sign in at one of Amazon's domains, where nothing
// is said of it.
func (c *stackContext) sign(ctx context.Context) {
	if !c.hasCluster() || c.text("searchAuth") != "" {
		return
	}
	domain, err := deployed.Domain(ctx, c.text("search"))
	switch {
	case err != nil:
		fmt.Fprintf(c.out, "- this is one of Amazon's domains, whose ARN could not be found out (%v): where it asks for signed requests, set searchAuth=sigv4 and searchDomain\n", err)
	case domain != "":
		fmt.Fprintf(c.out, "- this is one of Amazon's domains: the Lambdas sign their requests to %s (set searchAuth where it asks for something else)\n", domain)
		c.set("searchAuth", "sigv4")
		c.set("searchDomain", domain)
	}
}

// lookAround gives notes on what the settings name.
func lookAround(ctx context.Context, s stack.Settings) []string {
	var notes []string
	if !s.Archive.New {
		notes = deployed.LookAtBucket(ctx, s.ArchiveBucket, s.ArchiveBucketRegion, s.StaticPrefixes())
	}
	if s.Search.URL == "" {
		return notes
	}
	notes = append(notes, deployed.LookAtCluster(ctx, s.Search.URL))
	if strings.HasPrefix(s.Search.URL, "https://vpc-") && s.Network.VPC == "" {
		notes = append(notes, "the domain lies in a VPC, and the Lambdas do not: set vpc and subnets")
	}
	return notes
}

func (c *stackContext) read() error {
	c.values = map[string]json.RawMessage{}
	b, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, &c.values)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	return nil
}

// set keeps a setting as it is typed; an empty value takes it away.
func (c *stackContext) set(name, value string) {
	if value == "" {
		delete(c.values, stack.Prefix+name)
		return
	}
	c.values[stack.Prefix+name], _ = json.Marshal(value) // a string cannot fail
}

// text is a setting as one would type it; empty where it is not there.
func (c *stackContext) text(name string) string {
	raw := c.values[stack.Prefix+name]
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw) // a list, a number
	}
	return text
}

// settings are those of the file, checked as the stack will.
func (c *stackContext) settings() (stack.Settings, error) {
	values := map[string]any{}
	for name, raw := range c.values {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return stack.Settings{}, err
		}
		values[name] = value
	}
	return stack.Read(values)
}

// write puts the whole file in the place of the one that is there.
func (c *stackContext) write() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c.values); err != nil {
		return err
	}
	part := c.file + ".new"
	if err := os.WriteFile(part, b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(part, c.file)
}
