package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/dashboards"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

// importLimit is how long an import may take.
const importLimit = time.Minute

// savedObjects are the flags of dashboards.
type savedObjects struct {
	settings         run.Settings // only the prefix and whether messages are parsed
	out, url, secret string
}

func newDashboards() *cobra.Command {
	var d savedObjects
	cmd := &cobra.Command{
		Use:   "dashboards",
		Short: "Make a dashboard for Kibana or OpenSearch Dashboards, or import it",
		Long: `Makes an index pattern, a saved search and a small dashboard for the daily
indices of a prefix, and prints, keeps or imports them.`,
		Example: "  rehydrate dashboards --url http://127.0.0.1:5601\n  rehydrate dashboards --out dashboards.ndjson",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return d.make(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	settings.Flags(f, &d.settings, "index-prefix", "parse")
	f.StringVar(&d.out, "out", "", "`file` to write, to import by hand (default: print it)")
	f.StringVar(&d.url, "url", "", "`URL` of a Kibana or OpenSearch Dashboards to import it into")
	f.StringVar(&d.secret, "secret", "", "`file` that holds {\"username\": …, \"password\": …} or an encoded API key for --url")
	return cmd
}

func (d savedObjects) make(ctx context.Context, stdout io.Writer) error {
	if d.secret != "" && d.url == "" {
		return errors.New("--secret goes with --url")
	}
	file := dashboards.Make(dashboards.Options{IndexPrefix: d.settings.IndexPrefix, Parse: d.settings.Parse})
	if d.out != "" {
		if err := os.WriteFile(d.out, file, 0o644); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		fmt.Fprintf(stdout, "%s: import it under Stack Management (Dashboards Management), Saved Objects, Import\n", d.out)
	}
	switch {
	case d.url != "":
		return importDashboards(ctx, d.url, d.secret, d.settings.IndexPrefix, file, stdout)
	case d.out == "":
		_, err := stdout.Write(file)
		return err
	}
	return nil
}

func importDashboards(ctx context.Context, at, secret, prefix string, file []byte, stdout io.Writer) error {
	u, err := url.Parse(at)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("--url %q is no http or https URL", at)
	case u.User != nil:
		return fmt.Errorf("--url: a URL with a password would be shown; use --secret")
	}
	server := dashboards.Server{URL: at, Client: &http.Client{Timeout: importLimit}}
	if secret != "" {
		b, err := os.ReadFile(secret)
		if err != nil {
			return fmt.Errorf("--secret: %w", err)
		}
		server.Authorization = authorization(b)
	}
	n, err := server.Import(ctx, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s has %d objects: open the dashboard \"%s: rehydrated logs\" and set the time range to the days that were rehydrated\n", at, n, prefix)
	return nil
}

// authorization is the header for a secret in one of its two forms.
func authorization(secret []byte) string {
	var user struct{ Username, Password string }
	if json.Unmarshal(secret, &user) == nil && user.Username != "" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username+":"+user.Password))
	}
	return "ApiKey " + strings.TrimSpace(string(secret))
}
