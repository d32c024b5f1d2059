package app

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// typed runs a command line, and returns what it prints and its error.
func typed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, log bytes.Buffer
	err := run(patiently(t), make(chan os.Signal), args, nil, &out, &log)
	return out.String(), err
}

// Times, and columns as wide as they happen to be.
var (
	times  = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`) //nolint:gochecknoglobals // read only
	spaces = regexp.MustCompile(` {2,}`)                     //nolint:gochecknoglobals // read only
)

// TestOperatorCommands types the commands that ask a running proxy, and reads what they
// print, but for times and the width of columns.
func TestOperatorCommands(t *testing.T) {
	f := cloudstate.Start(t, cloudstate.Behaviour{V1: true})
	proxy := runProxy(t, quick(f.Target))
	caller := cloudstate.Dial(t, take(t, proxy.ports[PortService]))
	caller.Must(cloudstate.Ledger, "a\x1b[31m", "emit 1; emit 2; snapshot", "1 2")
	caller.Must(cloudstate.Profile, "p", "set x", "x")
	caller.Must(cloudstate.Presence, "counter", "update gcounter{increment:2}", "0")
	service := adminService{proxy.asks(t), patiently(t)}
	service.passivate(t, cloudstate.Ledger, "a\x1b[31m")
	service.passivate(t, cloudstate.Profile, "p")
	for _, test := range []struct{ args, want string }{
		{"entities list", `SERVICE  KEY  KIND  STANDING  WAITING  LAST COMMAND  AT
test.shop.Presence  counter  replicated  resting  0  Do  TIME
`},
		{"entities list --stored --service Ledger --kind event-sourced", `SERVICE  KEY  KIND  STANDING  WAITING  LAST COMMAND  AT
test.shop.Ledger  "a\x1b[31m"  event sourced  not in memory  -  -  -
`},
		{"entities show counter --service Presence", `service  test.shop.Presence
key  counter
kind  replicated
stored under  presence
standing  resting since TIME
commands  0 waiting, 0 outstanding
last command  Do at TIME
type  GCounter
value  2
`},
		{"entities show a\x1b[31m --service test.shop.Ledger --events 1", `service  test.shop.Ledger
key  "a\x1b[31m"
kind  event sourced
stored under  ledger
standing  not in memory
last sequence  2
snapshot  after event 2: string "1 2"

SEQUENCE  TIME  EVENT
2  TIME  string "2"
`},
		{"entities show p --service Profile", `service  test.shop.Profile
key  p
kind  value
stored under  profile
standing  not in memory
revision  1
value  string "x"
`},
		{"entities passivate counter --service Presence", "counter has left memory\n"},
		{"entities passivate --idle", "0 entities that rested leave memory\n"},
		{"entities list --prefix nothing", "SERVICE  KEY  KIND  STANDING  WAITING  LAST COMMAND  AT\n"},
		{"effects list", "no side effect is parked\n"},
	} {
		got, err := typed(t, append(strings.Split(test.args, " "), "--admin", proxy.admin)...)
		got = spaces.ReplaceAllString(times.ReplaceAllString(got, "TIME"), "  ")
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", test.args, err, diff)
		}
	}
	for _, args := range []string{"status", "entities list", "effects list", "entities show p --service Profile"} {
		got, err := typed(t, append(strings.Split(args, " "), "--admin", proxy.admin, "--output", "json")...)
		if err != nil || !json.Valid([]byte(got)) {
			t.Errorf("%s as JSON: %v\n%s", args, err, got)
		}
	}
	if got, err := typed(t, "drain", "--admin", proxy.admin); err != nil || !strings.Contains(got, "the proxy stops") {
		t.Errorf("drain: %q, %v", got, err)
	}
	if err := take(t, proxy.ended); err != nil {
		t.Error(err)
	}
}

// TestOperatorCommandsSayWhatToDo types what cannot be done.
func TestOperatorCommandsSayWhatToDo(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	service := take(t, proxy.ports[PortService])
	for _, test := range []struct{ args, want string }{
		{"entities list --admin 127.0.0.1:1", "nothing listens on 127.0.0.1:1: is the proxy running?"},
		{"entities list --admin 0.0.0.0:1", "nothing listens on 127.0.0.1:1"},
		{"entities list --admin " + service, "admin port"},
		{"entities show", "takes one argument, the key of the entity"},
		{"entities show nobody --admin ADMIN", "test.counter.v1.CounterService/nobody has no state, and is not in memory"},
		{"entities show a --service Other --admin ADMIN", `no service is called "Other": there are test.counter.v1.CounterService`},
		{"entities list --kind vlaue", `"vlaue"`},
		{"entities list --limit 0", "--limit: 0"},
		{"entities list --output yaml", `"yaml"`},
		{"entities passivate", "takes the key of one entity, or --idle"},
		{"effects remove none --admin ADMIN", `no effect with the id "none" is parked`},
	} {
		got, err := typed(t, strings.Split(strings.ReplaceAll(test.args, "ADMIN", proxy.admin), " ")...)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q, %v; want %s", test.args, got, err, test.want)
		}
	}
}

// TestOperatorWatch prints what happens, line by line, until a signal comes.
func TestOperatorWatch(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	caller := proxy.dial(t)
	for _, output := range []string{"text", "json"} {
		lines := &lineWriter{lines: make(chan string, 1024)}
		signals := make(chan os.Signal, 1)
		ended := make(chan error, 1)
		ctx := context.WithoutCancel(patiently(t))
		go func() { // joined below
			ended <- run(ctx, signals, []string{"entities", "watch", "--admin", proxy.admin, "--output", output}, nil, lines, &bytes.Buffer{})
		}()
		take(t, lines.lines) // It watches.
		key := "key-" + output
		caller.mustAdd(t, key, 1, 1)
		for !strings.Contains(take(t, lines.lines), key) {
		}
		signals <- os.Interrupt
		if err := take(t, ended); err != nil {
			t.Errorf("%s: %v", output, err)
		}
	}
}

// lineWriter hands on each write.
type lineWriter struct{ lines chan string }

func (w *lineWriter) Write(b []byte) (int, error) {
	w.lines <- string(b)
	return len(b), nil
}
