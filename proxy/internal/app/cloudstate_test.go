package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// observed is a proxy with a scripted function of Cloudstate 0.2 behind a relay. At the
// end of the test, when the proxy has stopped, a strict observer looks through the
// whole record (DIA-CALL-001, DIA-FIELD-001, DIA-FIELD-003, DIA-INFO-001, DIA-CONN-003,
// CORE-META-001, CORE-CMD-001, CORE-STREAM-001, DIA-CALL-003).
type observed struct {
	*running
	*cloudstate.Caller

	tb    testing.TB
	f     *cloudstate.Function
	relay *cloudstate.Relay
}

// observe starts all three, and waits until the function is served. Change may be nil.
func observe(tb testing.TB, behaviour cloudstate.Behaviour, change func(*Config)) *observed {
	tb.Helper()
	o := &observed{tb: tb, f: cloudstate.Start(tb, behaviour)}
	o.relay = cloudstate.NewRelay(tb, o.f.Target)
	tb.Cleanup(func() { o.relay.Check(tb) })
	config := quick(o.relay.Target)
	if change != nil {
		change(&config)
	}
	o.running = runProxy(tb, config)
	o.Caller = cloudstate.Dial(tb, take(tb, o.ports[PortService]))
	return o
}

// refused starts all three with an answer that is refused, and returns what the
// function is told.
func refused(tb testing.TB, change func(*discoveryv1.DiscoverResponse), configure func(*Config)) []string {
	tb.Helper()
	f := cloudstate.Start(tb, cloudstate.Behaviour{Discover: change})
	relay := cloudstate.NewRelay(tb, f.Target)
	tb.Cleanup(func() { relay.Check(tb) })
	config := quick(relay.Target)
	if configure != nil {
		configure(&config)
	}
	runProxy(tb, config)
	relay.Await(tb, "a report has been answered", func(calls []cloudstate.Call) bool {
		reported := of(calls, cloudstate.ReportError)
		return len(reported) > 0 && ended(reported...)
	})
	return f.Reports()
}

// of returns the calls of the path.
func of(calls []cloudstate.Call, path string) []cloudstate.Call {
	var found []cloudstate.Call
	for _, c := range calls {
		if c.Path == path {
			found = append(found, c)
		}
	}
	return found
}

// begun reports whether the proxy has sent something in each of the calls.
func begun(calls ...cloudstate.Call) bool {
	return !slices.ContainsFunc(calls, func(c cloudstate.Call) bool { return len(c.Sent()) == 0 })
}

// ended reports whether the function has ended each of the calls.
func ended(calls ...cloudstate.Call) bool {
	for _, c := range calls {
		if c.End().What == 0 {
			return false
		}
	}
	return true
}

// awaitStreams waits until there have been so many streams of the kind, each with its
// init, and all but the last open of them have ended.
func (o *observed) awaitStreams(path string, n, open int) []cloudstate.Call {
	o.tb.Helper()
	calls := o.relay.Await(o.tb, "streams came and went", func(calls []cloudstate.Call) bool {
		streams := of(calls, path)
		return len(streams) >= n && begun(streams[:n]...) && ended(streams[:n-open]...)
	})
	return of(calls, path)
}

// awaitRest waits until each stream of the kind has ended by passivation, and returns how
// many there were: more than there are entities, where a call came so late that its entity
// had been passivated.
func (o *observed) awaitRest(path string) int {
	o.tb.Helper()
	return len(of(o.relay.Await(o.tb, "every entity is at rest", func(calls []cloudstate.Call) bool {
		streams := of(calls, path)
		return begun(streams...) && ended(streams...)
	}), path))
}

// fails asks an entity, and checks the refusal.
func (o *observed) fails(service, id, steps string, code codes.Code, text string) {
	o.tb.Helper()
	got, err := o.Do(service, id, steps)
	if status.Code(err) != code || text != "" && status.Convert(err).Message() != text {
		o.tb.Fatalf("%s/%s: %q gave %q, %v; want %v %q", service, id, steps, got, err, code, text)
	}
}

// later asks an entity from another goroutine, and returns what becomes of it.
func (o *observed) later(service, id, steps string) <-chan answered {
	came := make(chan answered, 1)
	go func() { // ends with its caller's patience at the latest
		text, err := o.Do(service, id, steps)
		came <- answered{text, err}
	}()
	return came
}

// answered is what became of a call.
type answered struct {
	text string
	err  error
}

// awaitMetric waits until the proxy counts so many for the path's kind. What it counts it
// has taken in, which the record cannot tell.
func (o *observed) awaitMetric(name, path string, n float64) {
	o.tb.Helper()
	kind := strings.ReplaceAll(kindOf(strings.TrimSuffix(path[1:], "/handle")).String(), " ", "_")
	o.awaitPage("/metrics", fmt.Sprintf("%s of %s is %v", name, kind, n), func(_ int, page string) bool {
		return metric(o.tb, page, fmt.Sprintf("stateward_%s{kind=%q", name, kind)) == n
	})
}

// awaitReady waits until the proxy serves its function, which it has been seen to discover.
func (o *observed) awaitReady() {
	o.tb.Helper()
	o.awaitPage("/readyz", "it is ready", func(code int, _ string) bool { return code == http.StatusOK })
}

// awaitPage asks for a page of the admin port until it is as it should be.
func (o *observed) awaitPage(path, what string, is func(code int, page string) bool) {
	o.tb.Helper()
	for deadline := time.Now().Add(patience); ; {
		code, page := o.page(o.tb, path)
		if is(code, page) {
			return
		}
		if time.Now().After(deadline) {
			o.tb.Fatalf("it never came about that %s:\n%s", what, page)
		}
	}
}

// metric adds up what stands on a page of metrics in the lines that begin so.
func metric(tb testing.TB, page, begin string) float64 {
	tb.Helper()
	sum := 0.0
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, begin) {
			value, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " "):]), 64)
			if err != nil {
				tb.Fatal(err)
			}
			sum += value
		}
	}
	return sum
}

// open opens a call that streams, cancelled at the end of the test or by the function.
func (o *observed) open(path string, requests ...cloudstate.Raw) (*cloudstate.Stream, context.CancelFunc) {
	o.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	o.tb.Cleanup(cancel)
	return o.Open(ctx, path, requests...), cancel
}

// watch opens a streamed call of an entity.
func (o *observed) watch(id, steps string) (*cloudstate.Stream, context.CancelFunc) {
	o.tb.Helper()
	stream, cancel := o.open(cloudstate.Method(cloudstate.Presence, "Watch"), cloudstate.Request(id, steps))
	stream.Close()
	return stream, cancel
}

// passivated gives the entities of the service a time-out of 100 ms.
func passivated(service string) func(*discoveryv1.DiscoverResponse) {
	return func(answer *discoveryv1.DiscoverResponse) { cloudstate.Passivate(answer, service, 100) }
}

// unversioned takes the version out of the answer.
func unversioned(answer *discoveryv1.DiscoverResponse) {
	answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = 0, 0
}

// without takes an entity out of the answer.
func without(service string) func(*discoveryv1.DiscoverResponse) {
	return func(answer *discoveryv1.DiscoverResponse) {
		answer.Entities = slices.DeleteFunc(answer.GetEntities(), func(e *discoveryv1.Entity) bool { return e.GetServiceName() == service })
	}
}

// both makes two changes.
func both(changes ...func(*discoveryv1.DiscoverResponse)) func(*discoveryv1.DiscoverResponse) {
	return func(answer *discoveryv1.DiscoverResponse) {
		for _, change := range changes {
			change(answer)
		}
	}
}
