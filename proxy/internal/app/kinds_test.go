package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestAnotherKind covers DISC-KIND-001: a persistence id that has entities of one kind
// is none for another, also after the proxy was started anew.
func TestAnotherKind(t *testing.T) {
	value, _ := wire.V1().OfKind(wire.Value)
	other := descriptortest.Answer(descriptortest.Files())
	other.Entities[0].EntityType = value.Type
	config := quick("")
	config.Store, config.Data = StorePebble, t.TempDir()

	// Nothing is stored: either kind will do.
	f := functiontest.Start(t, loopback, saying(other))
	config.Function = f.Target
	first := runProxy(t, config)
	first.dial(t).await(t, serving)
	if err := first.halt(t); err != nil {
		t.Fatal(err)
	}
	f.Stop()

	functiontest.Start(t, f.Target, functiontest.Script{})
	second := runProxy(t, config)
	second.dial(t).mustAdd(t, "a", 1, 1)
	if err := second.halt(t); err != nil {
		t.Fatal(err)
	}
	refused := functiontest.Start(t, loopback, saying(other))
	config.Function = refused.Target
	third := runProxy(t, config)
	report := take(t, refused.Reports)
	if report.GetCode() != "DISC-KIND-001" || !strings.Contains(report.GetMessage(), "event sourced") || !strings.Contains(report.GetMessage(), "value") {
		t.Errorf("report %v", report)
	}
	if code, body := third.ready(t); code != http.StatusServiceUnavailable || !strings.Contains(body, "DISC-KIND-001") {
		t.Errorf("/readyz: %d %s", code, body)
	}
}

// TestDrift covers DISC-DRIFT-002 and DISC-DRIFT-003: other descriptors under another
// fingerprint are named in the log, and under the same one are told to the function.
func TestDrift(t *testing.T) {
	var log bytes.Buffer
	config := quick("")
	config.Log = slog.New(slog.NewTextHandler(&log, nil))
	described := func(fingerprint string, changed bool) *discoveryv1.DiscoverResponse {
		files := descriptortest.Files()
		if changed {
			files.GetFile()[2].MessageType[0].Field[0].JsonName = nil
		}
		answer := descriptortest.Answer(files)
		answer.ServiceInfo.SchemaFingerprint = fingerprint
		return answer
	}
	f := functiontest.Start(t, loopback, saying(described("one", false)))
	config.Function = f.Target
	proxy := runProxy(t, config)
	caller := proxy.dial(t)
	caller.await(t, serving)
	f.Stop()
	caller.await(t, notServing)

	again := functiontest.Start(t, f.Target, saying(described("one", true)))
	if report := take(t, again.Reports); report.GetCode() != "DISC-DRIFT-001" || report.GetSeverity() != discoveryv1.Severity_SEVERITY_WARNING {
		t.Errorf("report %v", report)
	}
	caller.await(t, serving)
	again.Stop()
	caller.await(t, notServing)

	functiontest.Start(t, f.Target, saying(described("two", true)))
	caller.await(t, serving)
	if err := proxy.halt(t); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "fingerprint=two before=one") {
		t.Errorf("the log lacks both fingerprints:\n%s", text)
	}
}
