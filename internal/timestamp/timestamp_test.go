package timestamp

import (
	"strconv"
	"testing"
	"time"
)

func at(s string) int64 {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

func TestText(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	r := Reader{Zone: tokyo, Near: at("2019-01-02T00:00:00Z")}
	for text, want := range map[string]string{
		"2018-12-10T03:57:44.183Z":        "2018-12-10T03:57:44.183Z fine",
		"2018-12-10T03:57:44.183021Z":     "2018-12-10T03:57:44.183Z fine",
		"2018-12-10T12:57:44+09:00":       "2018-12-10T03:57:44Z",
		"2018-12-10T12:57:44,183+0900":    "2018-12-10T03:57:44.183Z fine",
		"2018-12-09T22:57:44-05":          "2018-12-10T03:57:44Z",
		"2018-12-10 12:57:44.183":         "2018-12-10T03:57:44.183Z fine", // in the zone that is assumed
		"2018-12-10 03:57:44.18 UTC":      "2018-12-10T03:57:44.18Z fine",
		"2018-12-10 03:57:44 +0000":       "2018-12-10T03:57:44Z",
		"2018/12/10 12:57:44":             "2018-12-10T03:57:44Z",
		"10/Dec/2018:12:57:44 +0900":      "2018-12-10T03:57:44Z",
		"10-Dec-2018 12:57:44.183":        "2018-12-10T03:57:44.183Z fine",
		"Mon, 10 Dec 2018 03:57:44 GMT":   "2018-12-10T03:57:44Z",
		"10 Dec 2018 12:57:44.183":        "2018-12-10T03:57:44.183Z fine",
		"Mon Dec 10 12:57:44 2018":        "2018-12-10T03:57:44Z",
		"Mon Dec 10 12:57:44.183021 2018": "2018-12-10T03:57:44.183Z fine",
		"Mon Dec  3 03:57:44 UTC 2018":    "2018-12-03T03:57:44Z",
		"Dec 10 12:57:44":                 "2018-12-10T03:57:44Z", // of the year that is near
		"Jan  2 12:57:44":                 "2019-01-02T03:57:44Z",
		"Feb 29 12:00:00":                 "2020-02-29T03:00:00Z",
		"I1210 12:57:44.183012":           "2018-12-10T03:57:44.183Z fine",
		" 2018-12-10T03:57:44Z ":          "2018-12-10T03:57:44Z",
		"2016-02-29T00:00:00Z":            "2016-02-29T00:00:00Z",
		"2016-12-31T23:59:60Z":            "2017-01-01T00:00:00Z",
		"0000-02-29T00:00:00.9999Z":       "0000-02-29T00:00:00.999Z fine",
		"9999-12-31T23:59:59Z":            "9999-12-31T23:59:59Z",
		"1544414264":                      "2018-12-10T03:57:44Z",
		"1544414264.183":                  "2018-12-10T03:57:44.183Z fine",
		"1544414264.5":                    "2018-12-10T03:57:44.5Z fine",
		"1544414264183":                   "2018-12-10T03:57:44.183Z fine",
		"1544414264183021":                "2018-12-10T03:57:44.183Z fine",
		"1544414264183021999":             "2018-12-10T03:57:44.183Z fine",
		"1.544414264183e+09":              "2018-12-10T03:57:44.183Z fine",
		"1.544414264183E12":               "2018-12-10T03:57:44.183Z fine",
		"2018-02-29T00:00:00Z":            "",
		"2018-13-01T00:00:00Z":            "",
		"2018-12-10T24:00:00Z":            "",
		"2018-12-10":                      "",
		"2018-12-10T12:57":                "",
		"2018-12-10T12:57:44Zulu":         "",
		"2018-12-10T12:57:444Z":           "",
		"2018-12/10T12:57:44Z":            "",
		"12:57:44":                        "",
		"yesterday":                       "",
		"0.042":                           "", // how long it took
		"200":                             "",
		"-1544414264":                     "",
		"20181210125744":                  "",
		"20181210":                        "",
		"201812101257":                    "",
		"999999999":                       "",
		"15444142641830219999":            "",
		"99999999999999999999999":         "",
		"1544414264.":                     "2018-12-10T03:57:44Z fine",
		"":                                "",
		".5":                              "",
		"1e400":                           "",
		"Xyz 10 12:57:44":                 "",
	} {
		got, ok := r.Text([]byte(text))
		told := ""
		if ok {
			told = time.UnixMilli(got.Ms).UTC().Format(time.RFC3339Nano)
			if got.Fine {
				told += " fine"
			}
		}
		if told != want {
			t.Errorf("%q is read as %q, want %q", text, told, want)
		}
	}
	if _, ok := (Reader{}).Text([]byte("Dec 10 12:57:44")); ok {
		t.Error("a time without a year was read, near to nothing")
	}
}

func TestLeading(t *testing.T) {
	r := Reader{Near: at("2018-12-10T04:00:00Z")}
	for line, want := range map[string]string{
		"2018-12-10T03:57:44.183Z\t1b2c\tINFO\tm":                           "2018-12-10T03:57:44.183Z",
		"2018-12-10 03:57:44,183 ERROR [main] m":                            "2018-12-10T03:57:44.183Z",
		"2018-12-10 03:57:44 -12 left":                                      "2018-12-10T03:57:44Z",
		"2018-12-10 03:57:44.183 UTC [1] LOG:  m":                           "2018-12-10T03:57:44.183Z",
		"2018/12/10 03:57:44 [error] 7#7: m":                                "2018-12-10T03:57:44Z",
		"[2018-12-10T03:57:44.183Z] m":                                      "2018-12-10T03:57:44.183Z",
		"[INFO]\t2018-12-10T03:57:44.183Z\t1b2c\tm":                         "2018-12-10T03:57:44.183Z",
		"I, [2018-12-10T03:57:44.183021 #123]  INFO -- : m":                 "2018-12-10T03:57:44.183Z",
		`time="2018-12-10T03:57:44Z" level=info msg=m`:                      "2018-12-10T03:57:44Z",
		"level=info ts=2018-12-10T03:57:44.183Z msg=m":                      "2018-12-10T03:57:44.183Z",
		"[Mon Dec 10 03:57:44.183021 2018] [core:error] m":                  "2018-12-10T03:57:44.183Z",
		"Dec 10 03:57:44 host app[1]: m":                                    "2018-12-10T03:57:44Z",
		"I1210 03:57:44.183012       1 main.go:7] m":                        "2018-12-10T03:57:44.183Z",
		`192.0.2.1 - - [10/Dec/2018:03:57:44 +0000] "GET / HTTP/1.1" 200`:   "2018-12-10T03:57:44Z",
		`2001:db8::1 - frank [10/Dec/2018:12:57:44 +0900] "GET / HTTP/1.1"`: "2018-12-10T03:57:44Z",
		"the meeting is at 2018-12-10 03:57:44":                             "",
		"Started 2018-12-10 03:57:44":                                       "",
		"99 bottles [10/Dec/2018:03:57:44 +0000]":                           "",
		"1544414264 m":            "",
		"2018-12-10 is a Monday":  "",
		"":                        "",
		"[":                       "",
		"at Foo.bar(Foo.java:42)": "",
	} {
		got, ok := r.Leading([]byte(line))
		told := ""
		if ok {
			told = time.UnixMilli(got.Ms).UTC().Format(time.RFC3339Nano)
		}
		if told != want {
			t.Errorf("%q begins with %q, want %q", line, told, want)
		}
	}
}

// What RFC 3339 can write is read as package time reads it.
func FuzzText(f *testing.F) {
	for _, s := range []string{"2018-12-10T12:57:44.183+09:00", "1970-01-01T00:00:00Z", "0000-03-01T00:00:00-23:59", "2000-02-29T23:59:59.9Z", "1544414264183"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := Reader{}.Text([]byte(text))
		if want, err := time.Parse("2006-01-02T15:04:05Z07:00", text); err == nil {
			if !ok || got.Ms != want.UnixMilli() {
				t.Errorf("%q is %d (%t), want %d", text, got.Ms, ok, want.UnixMilli())
			}
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= least*1e3 && n < most*1e3 && text[0] != '+' && text[0] != '0' && got.Ms != n {
			t.Errorf("%q is %d", text, got.Ms)
		}
		Reader{Near: 1}.Leading([]byte(text))
	})
}
