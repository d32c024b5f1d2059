package app

import (
	"net/url"
	"strings"
	"testing"
)

func TestMaskDatabase(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://me@db/shop":                                        "postgres://me@db/shop",
		"postgres://db:5432/shop?sslmode=disable":                      "postgres://db:5432/shop?sslmode=disable",
		"postgresql://me:S3@db.example:5432/shop":                      "postgresql://me:***@db.example:5432/shop",
		"postgres://me:S3@[::1]:5432,b:1/shop?sslmode=require":         "postgres://me:***@[::1]:5432,b:1/shop?sslmode=require",
		"postgres://me:S3@@S3/S3?S3#S3@db/shop":                        "postgres://me:***@db/shop",
		"postgres://me@db/shop?password=S3&sslpassword=S3&host=%2Frun": "postgres://me@db/shop?password=***&sslpassword=***&host=%2Frun",
		"postgres://me@db/shop?pass%77ord=S3":                          "postgres://me@db/shop?***",
		"postgres://me@db/shop?pasword=S3":                             "postgres://me@db/shop?***",
		"postgres://db/shop?password=S3@S3":                            "postgres://***",
		"postgres://me:S3/shop":                                        "postgres://***",
		"postgres://me:12/S3@db/shop":                                  "postgres://me:***@db/shop",
		"postgres://me:@/shop":                                         "postgres://me:***@/shop",
		"host=db port=5432 user=me password=S3 dbname=shop":            "host=db port=5432 user=me password=*** dbname=shop",
		`password = 'S3 \' S3'  host = db`:                             "password=*** host=db",
		`host='a b' password=S3\ S3`:                                   "host='a b' password=***",
		"user=me Password=S3":                                          "user=me ***",
		"user=me passfile=/S3 sslmode=verify-full sslpassword=S3":      "user=me passfile=*** sslmode=verify-full sslpassword=***",
		"user=me password='S3":                                         "***",
		"S3":                                                           "***",
		"mysql://me:S3@db/shop":                                        "***",
	} {
		if got := maskDatabase(dsn); got != want || strings.Contains(got, "S3") {
			t.Errorf("%s\nis shown as %s\nwant        %s", dsn, got, want)
		}
	}
}

// FuzzMaskDatabase puts a secret with any letters around it where passwords stand.
func FuzzMaskDatabase(f *testing.F) {
	for _, around := range [][2]string{{"", ""}, {"@", "@"}, {"/", "?x="}, {"a b", "' host=db"}, {"\\", "\\"}, {"%40", "#"}, {"://", ":1"}, {"=&", "&="}} {
		f.Add(around[0], around[1])
	}
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	f.Fuzz(func(t *testing.T, before, after string) {
		secret := before + "S3cret" + after
		for _, dsn := range []string{
			"postgres://me:" + secret + "@db:5432/shop?sslmode=disable",
			"postgresql://me@db/shop?password=" + url.QueryEscape(secret),
			"postgres://db/shop?sslmode=disable&password=" + url.QueryEscape(secret) + "&user=me",
			"host=db password='" + quote.Replace(secret) + "' user=me",
			"password = '" + quote.Replace(secret) + "'",
		} {
			if got := maskDatabase(dsn); strings.Contains(got, "S3cret") {
				t.Errorf("%q is shown as %q", dsn, got)
			}
		}
	})
}
