package promql

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	dashboardFile = "../../docs/operations/stateward.json"
	rulesFile     = "../../docs/operations/alerts.yaml"
)

// scrapes is what TestMetricsPage of proxy/internal/app has left: INSTANCE-N.prom.
var scrapes = flag.String("scrapes", "../../.tmp/scrapes", "directory with the metrics of proxies under load")

// scraped returns the history of the proxies under load.
func scraped(t *testing.T) *history {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(*scrapes, "*-*.prom"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 && os.Getenv("CI") != "true" {
		t.Skipf("there is nothing in %s: `make checkqueries` fills it, where there is PostgreSQL", *scrapes)
	}
	if len(paths) == 0 {
		t.Fatalf("there is nothing in %s", *scrapes)
	}
	h := newHistory()
	for _, path := range paths {
		instance, number, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".prom"), "-")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer text.Close()
		if err := h.scrape(instance, n, text); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestDashboard asks every query of the dashboard.
func TestDashboard(t *testing.T) {
	h := scraped(t)
	queries, err := ofDashboard(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		if err := h.check(q); err != nil {
			t.Error(err)
		}
	}
	if len(queries) < 50 {
		t.Errorf("the dashboard has %d queries", len(queries))
	}
}

// TestDashboardIsWhole wants each metric of ours to be in a query of one of the files.
func TestDashboardIsWhole(t *testing.T) {
	h := scraped(t)
	queries, err := ofDashboard(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	rules, _, err := ofRules(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, q := range append(queries, rules...) {
		for _, name := range regexp.MustCompile(`stateward_\w+`).FindAllString(q.text, -1) {
			asked[family(name)] = true
		}
	}
	// What we leave to those who look for more.
	for _, name := range []string{
		"stateward_store_memtable_bytes", "stateward_store_read_amplification", "stateward_store_compactions_running",
		"stateward_store_cache_hits_total", "stateward_store_cache_misses_total", "stateward_store_wal_written_bytes_total",
		"stateward_store_pool_connections", "stateward_store_pool_waits_total",
	} {
		asked[name] = true
	}
	missing := map[string]bool{}
	for _, set := range h.sets {
		if name := family(set.Get("__name__")); strings.HasPrefix(name, "stateward_") && !asked[name] {
			missing[name] = true
		}
	}
	if len(missing) > 0 {
		t.Errorf("nobody asks for %v", slices.Sorted(maps.Keys(missing)))
	}
}

// family returns the metric to which a series of a histogram belongs.
func family(name string) string {
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// TestRules asks every rule, and wants those alarms alone that the load gives cause for.
func TestRules(t *testing.T) {
	h := scraped(t)
	queries, _, err := ofRules(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	caused := []string{"StatewardCallsFail", "StatewardFunctionBreaksProtocol"}
	for _, q := range queries {
		if err := h.check(q); err != nil {
			t.Error(err)
			continue
		}
		alarms, err := h.ask(q.text)
		if err != nil {
			t.Error(err)
		}
		if fires := len(alarms) > 0; fires != slices.Contains(caused, q.name) {
			t.Errorf("under the load %s gives %d alarms: %v", q.name, len(alarms), alarms)
		}
	}
}

// said is what a proxy says four times; a value with a "+" grows by that each time.
func said(t *testing.T, lines ...string) *history {
	t.Helper()
	h := newHistory()
	for n := range 4 {
		var text strings.Builder
		for _, line := range lines {
			at := strings.LastIndexByte(line, ' ')
			value := line[at+1:]
			if grows, ok := strings.CutPrefix(value, "+"); ok {
				each, err := strconv.ParseFloat(grows, 64)
				if err != nil {
					t.Fatal(err)
				}
				value = fmt.Sprint(each * float64(n))
			}
			fmt.Fprintf(&text, "%s %s\n", line[:at], value)
		}
		if err := h.scrape("a", n, strings.NewReader(text.String())); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestAlarms shows for each rule what gives an alarm, and what is near to it and gives none.
func TestAlarms(t *testing.T) {
	slow := func(metric, labels string, within float64) []string {
		return []string{
			fmt.Sprintf(`%s_bucket{%sle="0.256"} +%v`, metric, labels, within),
			fmt.Sprintf(`%s_bucket{%sle="2.048"} +100`, metric, labels),
			fmt.Sprintf(`%s_bucket{%sle="+Inf"} +100`, metric, labels),
		}
	}
	calls := func(failed int) []string {
		return []string{
			`stateward_calls_total{code="OK"} +90`, fmt.Sprintf(`stateward_calls_total{code="Unavailable"} +%d`, failed),
			`stateward_calls_total{code="NotFound"} +10`,
		}
	}
	pool := func(busy int) []string {
		return []string{
			`stateward_store_pool_wait_seconds_total{pool="reads"} +300`,
			fmt.Sprintf(`stateward_store_pool_connections_busy{pool="reads"} %d`, busy), `stateward_store_pool_connections_max{pool="reads"} 14`,
		}
	}
	attempts := func(delivered int) []string {
		return []string{
			`stateward_durable_effect_attempts_total{outcome="failed"} +3`,
			fmt.Sprintf(`stateward_durable_effect_attempts_total{outcome="delivered"} +%d`, delivered),
		}
	}
	files := func(open int) []string {
		return []string{fmt.Sprintf(`process_open_fds %d`, open), `process_max_fds 1000`}
	}
	cases := map[string]struct{ fires, silent []string }{
		"StatewardDown":                   {[]string{"up 0"}, []string{"up 1"}},
		"StatewardFunctionGone":           {[]string{"stateward_function_connected 0"}, []string{"stateward_function_connected 1"}},
		"StatewardDiscoveryRefused":       {[]string{`stateward_discovery_attempts_total{outcome="refused"} +1`}, []string{`stateward_discovery_attempts_total{outcome="refused"} 7`, `stateward_discovery_attempts_total{outcome="failed"} +1`}},
		"StatewardCallsFail":              {calls(10), calls(3)},
		"StatewardCallsSlow":              {slow("stateward_call_duration_seconds", "", 90), slow("stateward_call_duration_seconds", "", 100)},
		"StatewardFunctionSlow":           {slow("stateward_function_duration_seconds", `kind="value",`, 90), slow("stateward_function_duration_seconds", `kind="value",`, 100)},
		"StatewardMailboxesFull":          {[]string{`stateward_commands_waiting{kind="value"} 200`}, []string{`stateward_commands_waiting{kind="value"} +60`}},
		"StatewardFunctionBreaksProtocol": {[]string{`stateward_reports_total{outcome="sent"} +1`}, []string{`stateward_reports_total{outcome="sent"} 1`}},
		"StatewardStoreRefuses":           {[]string{`stateward_append_failures_total{kind="value"} +1`}, []string{`stateward_append_failures_total{kind="value"} 1`}},
		"StatewardStoreSlow":              {slow("stateward_append_duration_seconds", `kind="value",`, 90), slow("stateward_append_duration_seconds", `kind="value",`, 100)},
		"StatewardPoolExhausted":          {pool(14), pool(13)},
		"StatewardEffectsParked":          {[]string{"stateward_durable_effects_parked 1"}, []string{"stateward_durable_effects_parked 0"}},
		"StatewardEffectsStuck":           {attempts(0), attempts(1)},
		"StatewardRestarts":               {[]string{"process_start_time_seconds +9"}, []string{"process_start_time_seconds 9"}},
		"StatewardFilesRunOut":            {files(900), files(700)},
		"StatewardSpansLost":              {[]string{`stateward_spans_total{outcome="failed"} +1`}, []string{`stateward_spans_total{outcome="failed"} 9`, `stateward_spans_total{outcome="sent"} +9`}},
	}
	_, rules, err := ofRules(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		c, known := cases[rule.Alert]
		if !known {
			t.Errorf("nobody shows what %s is for", rule.Alert)
			continue
		}
		delete(cases, rule.Alert)
		for _, side := range []struct {
			lines []string
			want  int
		}{{c.fires, 1}, {c.silent, 0}} {
			if alarms, err := said(t, side.lines...).ask(rule.Expr); err != nil || len(alarms) != side.want {
				t.Errorf("%s gives %d alarms (%v), want %d, where proxies say\n\t%s", rule.Alert, len(alarms), err, side.want, strings.Join(side.lines, "\n\t"))
			}
		}
	}
	for name := range cases {
		t.Errorf("there is no rule %s", name)
	}
}

// TestMistakes shows that a query with a mistake is found.
func TestMistakes(t *testing.T) {
	h := said(t, `a_total{kind="x",code="OK"} +1`, `b{kind="x"} 1`, "nothing NaN")
	for text, want := range map[string]string{
		`rate(a_total[1m])`:                   "",
		`sum by (kind) (b{instance=~".*"})`:   "",
		`rate(a_total[1m]`:                    "unclosed",
		`rate(c_total[1m])`:                   `no metric "c_total"`,
		`rate(a_total{mode="x"}[1m])`:         `no label "mode"`,
		`rate(a_total{code=~"OK|Wrong"}[1m])`: `"Wrong" is no code`,
		`sum by (mode) (b)`:                   `a label "mode"`,
		`b{kind="y"}`:                         "gives no number",
		`b * on (kind, mode) group_left b`:    `a label "mode"`,
		`nothing`:                             "gives no number",
		`b > 2`:                               "gives no number",
	} {
		err := h.check(query{name: "q", text: text})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if err := h.check(query{name: "q", text: `b > 2`, alert: true}); err != nil {
		t.Errorf("an alert that does not fire: %v", err)
	}
	if err := h.check(query{name: "q", text: `c > 2 and b > 1`, alert: true}); err == nil {
		t.Error("an alert over what there is not is taken")
	}
	if err := h.check(query{name: "q", text: `sum by (kind) (b)`, shown: references("{{kind}} {{ $labels.code }}")}); err == nil || !strings.Contains(err.Error(), `no label "code"`) {
		t.Errorf("a legend with a label that there is not: %v", err)
	}
}
