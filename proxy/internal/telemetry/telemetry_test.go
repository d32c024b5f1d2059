package telemetry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLog(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		telemetry.FormatText: "level=WARN msg=said what=it\n",
		telemetry.FormatJSON: `"level":"WARN","msg":"said","what":"it"}` + "\n",
		telemetry.FormatAuto: `"level":"WARN","msg":"said","what":"it"}` + "\n", // a buffer is no terminal
	} {
		var out strings.Builder
		log, err := telemetry.NewLog(&out, "warn", format)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("not said")
		log.Warn("said", "what", "it")
		if !strings.HasSuffix(out.String(), want) || strings.Contains(out.String(), "not said") {
			t.Errorf("format %s wrote %q, want it to end in %q", format, out.String(), want)
		}
	}
	if _, err := telemetry.NewLog(io.Discard, "loud", telemetry.FormatText); err == nil || !strings.Contains(err.Error(), "debug, info, warn and error") {
		t.Errorf("a level that is none: %v", err)
	}
	if _, err := telemetry.NewLog(io.Discard, "info", "xml"); err == nil || !strings.Contains(err.Error(), "auto, text and json") {
		t.Errorf("a format that is none: %v", err)
	}
}

// serve serves the pages and returns their address.
func serve(t *testing.T, reasons func(context.Context) []string, metrics http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := telemetry.Serve(listener, telemetry.Pages(reasons, metrics), slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := admin.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// get returns the code and the body of a page.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestPages covers LIFE-READY-001, LIFE-READY-002 and LIFE-READY-003.
func TestPages(t *testing.T) {
	t.Parallel()
	var why atomic.Pointer[[]string]
	why.Store(&[]string{"the store is closed", "no\nfunction"})
	url := serve(t, func(context.Context) []string { return *why.Load() }, http.NotFoundHandler())
	if code, body := get(t, url+"/healthz"); code != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	if code, body := get(t, url+"/readyz"); code != http.StatusServiceUnavailable || body != "the store is closed\nno function\n" {
		t.Errorf("/readyz: %d %q", code, body)
	}
	why.Store(new([]string))
	if code, body := get(t, url+"/readyz"); code != http.StatusOK || body != "ready\n" {
		t.Errorf("/readyz: %d %q", code, body)
	}
	if code, _ := get(t, url+"/"); code != http.StatusNotFound {
		t.Errorf("/: %d", code)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	const es, replicated = "stateward.eventsourced.v1.EventSourcedService", "cloudstate.crdt.Crdt"
	metrics := telemetry.NewMetrics("1.2.3")
	metrics.Called("grpc", "a.B", "C", codes.NotFound, time.Second)
	metrics.Active(es, 2)
	metrics.Active(es, -1)
	metrics.Activated(es, time.Second, 7)
	metrics.Closed(es, "idle")
	metrics.Waiting(es, 2)
	metrics.Waiting(es, -1)
	metrics.Waited(es, time.Second)
	metrics.Answered(es, time.Second)
	metrics.Streamed(replicated, 1)
	metrics.Commanded(es, codes.OK, time.Millisecond)
	metrics.Persisted(es, time.Millisecond, 2, 3, 40, nil)
	metrics.Persisted(es, time.Millisecond, 2, 3, 40, errors.New("full"))
	metrics.Snapshots(es, 1, 50)
	metrics.Saved(4, 60, time.Millisecond, nil)
	metrics.Saved(4, 60, time.Millisecond, errors.New("full"))
	metrics.Opened(1)
	metrics.Ended(codes.Aborted, time.Millisecond)
	metrics.Forwarded()
	metrics.EffectStarted("synchronous")
	metrics.EffectFailed("synchronous")
	metrics.Kept(1, 1)
	metrics.Attempted(true)
	metrics.Connected(true)
	metrics.Streams(2)
	metrics.Streams(-1)
	metrics.Discovered("refused")
	metrics.Reported("sent")
	metrics.Spans(5, true)
	metrics.Spans(6, false)
	url := serve(t, func(context.Context) []string { return nil }, metrics.Handler())
	_, body := get(t, url+"/metrics")
	for _, line := range []string{
		`stateward_build_info{version="1.2.3"} 1`,
		`stateward_calls_total{code="NotFound",method="C",service="a.B",way="grpc"} 1`,
		`stateward_call_duration_seconds_sum{method="C",service="a.B"} 1`,
		`stateward_activations{kind="event_sourced"} 1`,
		`stateward_activation_duration_seconds_count{kind="event_sourced"} 1`,
		`stateward_events_replayed_total{kind="event_sourced"} 7`,
		`stateward_activations_ended_total{kind="event_sourced",reason="idle"} 1`,
		`stateward_commands_waiting{kind="event_sourced"} 1`,
		`stateward_command_wait_seconds_sum{kind="event_sourced"} 1`,
		`stateward_function_duration_seconds_sum{kind="event_sourced"} 1`,
		`stateward_streamed_commands_open{kind="replicated"} 1`,
		`stateward_command_duration_seconds_count{code="OK",kind="event_sourced"} 1`,
		`stateward_command_duration_seconds_count{code="Aborted",kind="action"} 1`,
		`stateward_append_duration_seconds_count{kind="event_sourced"} 2`,
		`stateward_append_failures_total{kind="event_sourced"} 1`,
		`stateward_changes_stored_total{kind="event_sourced"} 2`,
		`stateward_events_stored_total{kind="event_sourced"} 3`,
		`stateward_stored_bytes_total{kind="event_sourced"} 40`,
		`stateward_snapshots_stored_total{kind="event_sourced"} 1`,
		`stateward_snapshot_bytes_total{kind="event_sourced"} 50`,
		`stateward_append_duration_seconds_count{kind="replicated"} 2`,
		`stateward_append_failures_total{kind="replicated"} 1`,
		`stateward_changes_stored_total{kind="replicated"} 4`,
		`stateward_stored_bytes_total{kind="replicated"} 60`,
		`stateward_append_duration_seconds_count{kind="value"} 0`, // known before anything has happened
		`stateward_action_calls_open 1`,
		`stateward_forwards_total 1`,
		`stateward_effects_started_total{mode="synchronous"} 1`,
		`stateward_effects_failed_total{mode="synchronous"} 1`,
		`stateward_durable_effects 1`,
		`stateward_durable_effects_parked 1`,
		`stateward_durable_effect_attempts_total{outcome="delivered"} 1`,
		`stateward_function_connected 1`,
		`stateward_function_streams 1`,
		`stateward_discovery_attempts_total{outcome="refused"} 1`,
		`stateward_reports_total{outcome="sent"} 1`,
		`stateward_spans_total{outcome="sent"} 5`,
		`stateward_spans_total{outcome="failed"} 6`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	if strings.Contains(body, "unknown") {
		t.Error("/metrics has a kind that nobody runs")
	}
	metrics.Connected(false)
	if _, body := get(t, url+"/metrics"); !strings.Contains(body, "stateward_function_connected 0\n") {
		t.Error("the function is still connected")
	}
}
