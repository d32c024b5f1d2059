package app

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/store/postgres/pgtest"
)

// scrapes is where TestMetricsPage leaves what the proxies under load have said, for
// `make checkqueries`.
var scrapes = flag.String("scrapes", "", "directory for the metrics of proxies under load")

// TestMetricsPage brings proxies under a load of every kind, on either store, and holds the
// table of the page for operators against what they say of it.
func TestMetricsPage(t *testing.T) {
	database, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrAbsent) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Stop(); err != nil {
			t.Error(err)
		}
	})
	families := map[string]*dto.MetricFamily{}
	for name, change := range map[string]func(*Config){
		"pebble":   func(c *Config) { c.Store, c.Data = StorePebble, t.TempDir() },
		"postgres": func(c *Config) { c.Store, c.Database = StorePostgres, database.Database(t) },
	} {
		_, target := startQuartet(t)
		config := quick(target)
		change(&config)
		proxy := runProxy(t, config)
		caller := proxy.dial(t)
		for n := range 4 {
			burden(t, caller, strconv.Itoa(n))
			byHTTP(t, strings.TrimPrefix(caller.conn.Target(), "passthrough:///"))
			page := proxy.awaitPage(t, "/metrics", func(page string) bool {
				return metric(t, page, `stateward_durable_effect_attempts_total{outcome="delivered"`) == float64(n+1) &&
					metric(t, page, `stateward_changes_stored_total{kind="replicated"`) > 0 &&
					ways(t, page) == [...]float64{float64(n + 1), float64(n + 1), float64(n + 1)} &&
					metric(t, page, `stateward_streamed_commands_open{kind="replicated"`) == 0 &&
					metric(t, page, `stateward_reports_total{outcome="sent"`) > 0 &&
					strings.Contains(page, `stateward_activations_ended_total{kind="event_sourced"`)
			})
			if *scrapes != "" {
				path := filepath.Join(*scrapes, fmt.Sprintf("%s-%d.prom", name, n))
				if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			parser := expfmt.NewTextParser(model.UTF8Validation)
			said, err := parser.TextToMetricFamilies(strings.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(families, said)
		}
	}
	const path = "../../../docs/operations/telemetry.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "-rewrite`. -->\n"
	prose, _, found := strings.Cut(string(page), mark)
	if !found {
		t.Fatalf("%s lacks the line that ends with %q", path, mark)
	}
	golden(t, path, prose+mark+metricTable(families))
}

// burden makes a call of each sort, of entities whose keys end so.
func burden(t *testing.T, caller *client, end string) {
	t.Helper()
	for _, c := range []struct {
		service, method, key string
		want                 codes.Code
	}{
		{journals, "Add", "a", codes.OK},
		{journals, "Get", "a", codes.OK},
		{notes, "Add", "a", codes.OK},
		{notes, "Get", "a", codes.OK},
		{boards, "Add", "a", codes.OK},
		{boards, "Get", "a", codes.OK},
		{boards, "Watch", "a", codes.OK},
		{desks, "Add", "a", codes.OK},
		{desks, "Get", "a", codes.OK},
		{desks, "Watch", "a", codes.OK},
		{journals, "Get", "forward x", codes.OK},
		{notes, "Add", "effects x", codes.OK},
		{journals, "Add", "durable x", codes.OK},
		{notes, "Get", "fail x", codes.FailedPrecondition},
		{journals, "Get", "wrong x", codes.Internal},
		{journals, "Add", "wrong y", codes.Internal},
		{desks, "Get", "fail x", codes.FailedPrecondition},
		{journals, "Remove", "a", codes.Unimplemented},
	} {
		if err := caller.ask(c.service, c.method, c.key+end); status.Code(err) != c.want {
			t.Errorf("%s/%s of %q: %v, want %v", c.service, c.method, c.key, err, c.want)
		}
	}
}

// byHTTP makes a call by each way of HTTP.
func byHTTP(t *testing.T, address string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	for kind, body := range map[string]string{
		"application/json":           `{"id":"a"}`,
		"application/proto":          "\x0a\x01a",
		"application/grpc-web+proto": "\x00\x00\x00\x00\x03\x0a\x01a",
	} {
		response, err := client.Post("http://"+address+"/"+notes+"/Get", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != http.StatusOK {
			t.Errorf("a call with %s gets %d", kind, response.StatusCode)
		}
	}
}

// ways returns how many calls have been counted that came by HTTP, by Connect and by
// gRPC-Web.
func ways(t *testing.T, page string) (counted [3]float64) {
	t.Helper()
	for i, way := range []string{"http", "connect", "grpc-web"} {
		counted[i] = metric(t, page, fmt.Sprintf(`stateward_calls_total{code="OK",method="Get",service=%q,way=%q`, notes, way))
	}
	return counted
}

// metricTable writes a row for each metric of ours.
func metricTable(families map[string]*dto.MetricFamily) string {
	var table strings.Builder
	table.WriteString("\n| metric | kind | labels | what it says |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if !strings.HasPrefix(name, "stateward_") {
			continue
		}
		family := families[name]
		labels := map[string]bool{}
		for _, one := range family.GetMetric() {
			for _, label := range one.GetLabel() {
				labels["`"+label.GetName()+"`"] = true
			}
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", name, strings.ToLower(family.GetType().String()),
			strings.Join(slices.SortedFunc(maps.Keys(labels), cmp.Compare), ", "), family.GetHelp())
	}
	return table.String()
}
