package grep_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/grep"
)

func TestPrint(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	event := grep.Event{
		Header: &decode.Header{Owner: "123", LogGroup: "/ecs", LogStream: "s/1"},
		ID:     "42", Time: 1544414264183, Message: []byte(`"a \"b\"\tab\n"`), Selected: true, Apart: true,
	}
	for name, c := range map[string]struct {
		form  grep.Form
		flags grep.Flags
		want  string
	}{
		"plain":  {form: grep.Form{}, want: "--\n2018-12-10T12:57:44.183+09:00 a \"b\"\tab\n"},
		"fields": {form: grep.Form{Fields: []string{"logStream", "account", "logGroup"}}, want: "--\n2018-12-10T12:57:44.183+09:00 s/1 123 /ecs a \"b\"\tab\n"},
		"json": {
			form: grep.Form{JSON: true},
			want: `{"id":"42","time":"2018-12-10T03:57:44.183Z","group":"/ecs","stream":"s/1","message":"a \"b\"\tab\n"}` + "\n",
		},
		"only": {form: grep.Form{Only: true}, want: "--\n2018-12-10T12:57:44.183+09:00 b\n2018-12-10T12:57:44.183+09:00 b\n"},
		"word": {form: grep.Form{Only: true}, flags: grep.Flags{Word: true}, want: "--\n2018-12-10T12:57:44.183+09:00 b\n"},
		"color": {
			form: grep.Form{Color: true},
			want: "\x1b[36m--\x1b[0m\n\x1b[32m2018-12-10T12:57:44.183+09:00\x1b[0m a \"\x1b[1;31mb\x1b[0m\"\ta\x1b[1;31mb\x1b[0m\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := grep.Compile([]string{"b"}, c.flags)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			c.form.Zone = tokyo
			printer := grep.NewPrinter(&out, nil, p, c.form)
			if err := printer.Print(&event); err != nil {
				t.Fatal(err)
			}
			if err := printer.Flush(); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("printed %q\nwant    %q", out.String(), c.want)
			}
		})
	}
}
