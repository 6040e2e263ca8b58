package main

import (
	"context"
	"crypto/tls"
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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
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
	view             string
	out, url, secret string
	tlsName          string
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
	f.StringVar(&d.view, "view", "", "`name` of a view, for whose indices it is instead")
	f.StringVar(&d.out, "out", "", "`file` to write, to import by hand (default: print it)")
	f.StringVar(&d.url, "url", "", "`URL` of a Kibana or OpenSearch Dashboards to import it into")
	f.StringVar(&d.secret, "secret", "", "`file` that holds {\"username\": …, \"password\": …} or an encoded API key for --url, or the ARN of a secret that does")
	f.StringVar(&d.tlsName, "tls-name", "", "`name` in the server's certificate, where --url leads through a tunnel")
	return cmd
}

func (d savedObjects) make(ctx context.Context, stdout io.Writer) error {
	if d.view != "" {
		if err := run.CheckView(d.view); err != nil {
			return fmt.Errorf("--view: %w", err)
		}
		d.settings = d.settings.In(d.view)
	}
	switch {
	case d.secret != "" && d.url == "":
		return errors.New("--secret goes with --url")
	case d.tlsName != "" && d.url == "":
		return errors.New("--tls-name goes with --url")
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
		return d.importInto(ctx, file, stdout)
	case d.out == "":
		_, err := stdout.Write(file)
		return err
	}
	return nil
}

// importInto sends the file to the server of --url.
func (d savedObjects) importInto(ctx context.Context, file []byte, stdout io.Writer) error {
	u, err := url.Parse(d.url)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("--url %q is no http or https URL", d.url)
	case u.User != nil:
		return fmt.Errorf("--url: a URL with a password would be shown; use --secret")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // of the standard library
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: d.tlsName}
	server := dashboards.Server{URL: d.url, Client: &http.Client{Timeout: importLimit, Transport: transport}}
	if d.secret != "" {
		secret, err := readSecret(ctx, d.secret)
		if err != nil {
			return fmt.Errorf("--secret: %w", err)
		}
		server.Authorization = authorization(secret)
	}
	n, err := server.Import(ctx, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s has %d objects: open the dashboard \"%s: rehydrated logs\" and set the time range to the days that were rehydrated\n",
		d.url, n, d.settings.IndexPrefix)
	return nil
}

// readSecret reads a secret of Secrets Manager, by its ARN, or a file.
func readSecret(ctx context.Context, name string) ([]byte, error) {
	if !strings.HasPrefix(name, "arn:") {
		return os.ReadFile(name)
	}
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	secret, err := secretsmanager.NewFromConfig(c).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return []byte(aws.ToString(secret.SecretString)), nil
}

// authorization is the header for a secret in one of its two forms.
func authorization(secret []byte) string {
	var user struct{ Username, Password string }
	if json.Unmarshal(secret, &user) == nil && user.Username != "" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username+":"+user.Password))
	}
	return "ApiKey " + strings.TrimSpace(string(secret))
}
