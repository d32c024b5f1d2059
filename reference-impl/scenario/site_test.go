package scenario_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/tck/subject"
)

var (
	deploy        = flag.String("deploy", "processes", "how both sides run: processes or containers")
	binaries      = flag.String("binaries", "", "folder with stateward-proxy and the samples; empty: build them (processes)")
	proxyImage    = flag.String("proxy-image", "", "image of the proxy (containers)")
	kills         = flag.Int("kills", 10, "how often TestCrash kills a side or both on pebble; `make slowtest` says 100")
	postgresKills = flag.Int("postgres-kills", 2, "and on PostgreSQL, the server among them; `make slowtest` says 20")
	seed          = flag.Int64("seed", time.Now().UnixNano(), "decides whom the tests under load kill, and when")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := subject.OwnContainers(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(built); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// setup says what stands at a site. The zero setup is the shopping cart behind a proxy as
// it comes.
type setup struct {
	sample  string // which of the samples; cart when empty
	program string // the command or the image of the function; Go's sample, built here, when empty
	// dialect is the only one that the function serves; v1 when empty. A function that serves
	// both and is killed while it is asked in version 1 is asked in the other one next
	// (DIA-CHOICE-002), in which refusals have no codes.
	dialect  string
	database string // where the proxy keeps the state; in pebble when empty
}

// site is a proxy and a sample behind it. Its fields change only while one side
// is down, and by the test's own goroutine.
type site struct {
	setup

	proxy, function *side
	// service and admin are the proxy's ports, as its own side knows them.
	service, admin int
	conn           *connection
	past           past
}

// side is one of the two, with where it stands at the engine or in the system.
type side struct {
	name     string
	instance subject.Instance
}

// open starts both sides afresh, waits until the proxy is ready, and has the
// test end them.
func open(t *testing.T, setup setup) *site {
	t.Helper()
	setup.sample, setup.dialect = cmp.Or(setup.sample, "cart"), cmp.Or(setup.dialect, "v1")
	s := &site{setup: setup, conn: &connection{}}
	switch *deploy {
	case "processes":
		startProcesses(t, s)
	case "containers":
		startContainers(t, s)
	default:
		t.Fatalf("-deploy %q: it is processes or containers", *deploy)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, side := range []*side{s.proxy, s.function} {
				for _, line := range side.instance.Tail(context.Background(), 20) {
					t.Logf("%s: %s: %s", s.sample, side.name, line)
				}
			}
		}
	})
	t.Cleanup(s.conn.close)
	s.reach(t)
	return s
}

// refusal is the code of a call that fails by the function: of Cloudstate 0.2 it
// is always the same.
func (s *site) refusal(code codes.Code) codes.Code {
	if s.dialect == cloudstate {
		return codes.Unknown
	}
	return code
}

// restart kills one side and starts it again on the same data. Who calls a function of
// Cloudstate 0.2 while it is killed cannot tell by the code why the call fails
// (DIA-ANSWER-001): there, the proxy knows of the kill before restart returns.
func (s *site) restart(t *testing.T, victim *side) {
	t.Helper()
	s.kill(t, victim)
	if victim == s.function && s.dialect == cloudstate {
		s.notice(t)
	}
	s.start(t, victim)
}

// notice waits until the proxy has noticed that its function was killed.
func (s *site) notice(t *testing.T) {
	t.Helper()
	admin, err := s.proxy.instance.Address(t.Context(), s.admin)
	if err != nil {
		t.Fatal(err)
	}
	err = subject.Await(t.Context(), s.proxy.instance, patience, func(ctx context.Context) error {
		if ready(ctx, admin) == nil {
			return errors.New("it says that it is ready")
		}
		return nil
	})
	if err != nil {
		t.Fatalf("the proxy of %s does not notice that its function is gone: %v", s.sample, err)
	}
}

// kill ends one side as a crash would. It has run until then.
func (s *site) kill(t *testing.T, victim *side) {
	t.Helper()
	if err := victim.alive(t.Context()); err != nil {
		t.Errorf("the %s of %s had ended by itself: %v", victim.name, s.sample, err)
	}
	s.past.killed(victim == s.proxy)
	if err := victim.kill(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// start starts a side that was killed, and waits until it is there.
func (s *site) start(t *testing.T, victim *side) {
	t.Helper()
	victim.start(t)
	if victim == s.proxy {
		s.reach(t)
	}
}

// start starts a side that was killed.
func (s *side) start(t *testing.T) {
	t.Helper()
	if err := s.instance.Restart(t.Context()); err != nil {
		t.Fatalf("start the %s again: %v", s.name, err)
	}
}

// alive returns an error when the side has ended.
func (s *side) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	err := s.instance.Wait(ctx)
	if _, ended := errors.AsType[*subject.ExitError](err); ended {
		return err
	}
	return nil
}

// kill ends a side as a crash would.
func (s *side) kill(ctx context.Context) error {
	if err := s.instance.Kill(ctx); err != nil {
		return fmt.Errorf("kill the %s: %w", s.name, err)
	}
	return nil
}

// reach waits until the proxy says that it is ready, and finds its port, which a
// restart may have changed.
func (s *site) reach(t *testing.T) {
	t.Helper()
	admin, err := s.proxy.instance.Address(t.Context(), s.admin)
	if err != nil {
		t.Fatal(err)
	}
	err = subject.Await(t.Context(), s.proxy.instance, patience, func(ctx context.Context) error { return ready(ctx, admin) })
	if err != nil {
		t.Fatalf("the proxy of %s is not ready: %v", s.sample, err)
	}
	address, err := s.proxy.instance.Address(t.Context(), s.service)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.conn.use(address); err != nil {
		t.Fatal(err)
	}
}

// ready asks the proxy's readiness page.
func ready(ctx context.Context, admin string) error {
	return look(ctx, admin, "/readyz", func(io.Reader) error { return nil })
}

// look reads a page of the proxy's admin port.
func look(ctx context.Context, admin, path string, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, answer.Status)
	}
	return read(answer.Body)
}

// counted is what the proxy has counted, since it began, of entities of the kind.
func (s *site) counted(ctx context.Context, counter, kind string) (number int, err error) {
	admin, err := s.proxy.instance.Address(ctx, s.admin)
	if err != nil {
		return 0, err
	}
	err = look(ctx, admin, "/metrics", func(page io.Reader) error {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(page)
		for _, metric := range families["stateward_"+counter].GetMetric() {
			if metric.GetLabel()[0].GetValue() == kind { // its one label is the kind
				number = int(metric.GetCounter().GetValue())
			}
		}
		return err
	})
	return number, err
}
