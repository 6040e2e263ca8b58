package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/dashboards"
	"github.com/rehydrate/rehydrate/internal/run"
)

// importLimit is how long an import may take.
const importLimit = time.Minute

// dashboardsCommand makes the saved objects for an index prefix, and prints,
// keeps or imports them.
func dashboardsCommand(ctx context.Context, args []string, stdout, _ io.Writer) error {
	f := flag.NewFlagSet("dashboards", flag.ContinueOnError)
	prefix := f.String("index-prefix", "ecs-task", "`prefix` of the daily indices PREFIX-YYYY-MM-DD")
	parsed := f.Bool("parse", false, "JSON messages are parsed (the setting parse): with a chart by level")
	out := f.String("out", "", "`file` to write, to import by hand (default: print it)")
	at := f.String("url", "", "`URL` of a Kibana or OpenSearch Dashboards to import it into")
	secret := f.String("secret", "", "`file` that holds {\"username\": …, \"password\": …} or an encoded API key for -url")
	if err := parse(f, args, stdout); err != nil {
		return err
	}
	if err := noMore(f); err != nil {
		return err
	}
	if err := run.ValidIndexPrefix(*prefix); err != nil {
		return fmt.Errorf("-index-prefix: %w", err)
	}
	if *secret != "" && *at == "" {
		return fmt.Errorf("-secret goes with -url")
	}
	file := dashboards.Make(dashboards.Options{IndexPrefix: *prefix, Parse: *parsed})
	if *out != "" {
		if err := os.WriteFile(*out, file, 0o644); err != nil {
			return fmt.Errorf("-out: %w", err)
		}
		fmt.Fprintf(stdout, "%s: import it under Stack Management (Dashboards Management), Saved Objects, Import\n", *out)
	}
	switch {
	case *at != "":
		return importDashboards(ctx, *at, *secret, *prefix, file, stdout)
	case *out == "":
		_, err := stdout.Write(file)
		return err
	}
	return nil
}

func importDashboards(ctx context.Context, at, secret, prefix string, file []byte, stdout io.Writer) error {
	u, err := url.Parse(at)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("-url %q is no http or https URL", at)
	case u.User != nil:
		return fmt.Errorf("-url: a URL with a password would be shown; use -secret")
	}
	server := dashboards.Server{URL: at, Client: &http.Client{Timeout: importLimit}}
	if secret != "" {
		b, err := os.ReadFile(secret)
		if err != nil {
			return fmt.Errorf("-secret: %w", err)
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
