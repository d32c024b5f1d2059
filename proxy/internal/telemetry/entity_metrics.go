package telemetry

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/wire"
)

// entityMetrics are those of the entities, of each kind by itself. Kinds are labelled by
// what they are, and not by what a dialect calls them.
type entityMetrics struct {
	// kinds are found by entity type.
	kinds map[string]*kindMetrics
	// other is for a type that no dialect has.
	other func() *kindMetrics
	// saved is of the copies of replicated entities, which are stored behind the answers.
	saved   *kindMetrics
	ends    *prometheus.CounterVec
	waiting *prometheus.GaugeVec // of all kinds
}

// kindMetrics are those of one kind.
type kindMetrics struct {
	label string

	active, waiting, streamed           prometheus.Gauge
	waits, answers, activations, writes prometheus.Observer
	commands                            prometheus.ObserverVec
	replayed, failures                  prometheus.Counter
	changes, events, bytes              prometheus.Counter
	snapshots, snapshotBytes            prometheus.Counter
}

// label returns how a kind is labelled.
func label(kind wire.Kind) string { return strings.ReplaceAll(kind.String(), " ", "_") }

func newEntityMetrics(registry *prometheus.Registry, commands *prometheus.HistogramVec) entityMetrics {
	of := func(name, help string) *prometheus.GaugeVec {
		vec := gauges(name, help, "kind")
		registry.MustRegister(vec)
		return vec
	}
	sum := func(name, help string) *prometheus.CounterVec {
		vec := counters(name, help, "kind")
		registry.MustRegister(vec)
		return vec
	}
	time := func(name, help string) *prometheus.HistogramVec {
		vec := histograms(name, help, "kind")
		registry.MustRegister(vec)
		return vec
	}
	var (
		active        = of("activations", "Entities that are active: in memory, with a stream to the user function or on the way to one.")
		waiting       = of("commands_waiting", "Commands that wait in mailboxes.")
		streamed      = of("streamed_commands_open", "Commands of entities that are open and whose responses are streamed.")
		waits         = time("command_wait_seconds", "Time that a command waited in its mailbox, an activation included, before it was sent to the user function.")
		answers       = time("function_duration_seconds", "Time from sending a command to the user function to its answer.")
		activations   = time("activation_duration_seconds", "Time from the begin of an activation to the end of the replay.")
		writes        = time("append_duration_seconds", "Time from handing a batch of changes to the store to its answer.")
		replayed      = sum("events_replayed_total", "Events that were read back from the journal.")
		failures      = sum("append_failures_total", "Batches that the store did not take.")
		changes       = sum("changes_stored_total", "Changes of state that are durable: of one answer each, or copies of replicated entities.")
		events        = sum("events_stored_total", "Events that are durable.")
		bytes         = sum("stored_bytes_total", "Bytes of events, of values and of copies that are durable.")
		snapshots     = sum("snapshots_stored_total", "Snapshots that are durable.")
		snapshotBytes = sum("snapshot_bytes_total", "Bytes of snapshots that are durable.")
		ends          = counters("activations_ended_total", "Activations that have ended, by reason; idle is passivation.", "kind", "reason")
	)
	registry.MustRegister(ends)
	kind := func(label string) *kindMetrics {
		return &kindMetrics{
			label:  label,
			active: active.WithLabelValues(label), waiting: waiting.WithLabelValues(label), streamed: streamed.WithLabelValues(label),
			waits: waits.WithLabelValues(label), answers: answers.WithLabelValues(label),
			activations: activations.WithLabelValues(label), writes: writes.WithLabelValues(label),
			commands: commands.MustCurryWith(prometheus.Labels{"kind": label}),
			replayed: replayed.WithLabelValues(label), failures: failures.WithLabelValues(label),
			changes: changes.WithLabelValues(label), events: events.WithLabelValues(label), bytes: bytes.WithLabelValues(label),
			snapshots: snapshots.WithLabelValues(label), snapshotBytes: snapshotBytes.WithLabelValues(label),
		}
	}
	m := entityMetrics{kinds: map[string]*kindMetrics{}, other: sync.OnceValue(func() *kindMetrics { return kind("unknown") }), ends: ends, waiting: waiting}
	byKind := map[wire.Kind]*kindMetrics{}
	for _, dialect := range []wire.Dialect{wire.V1(), wire.Cloudstate()} {
		for _, e := range dialect.Entities {
			if !e.Kind.Stateful() {
				continue
			}
			if byKind[e.Kind] == nil {
				byKind[e.Kind] = kind(label(e.Kind))
			}
			m.kinds[e.Type] = byKind[e.Kind]
		}
	}
	m.saved = byKind[wire.Replicated]
	return m
}

// of returns the metrics of an entity type.
func (m *entityMetrics) of(kind string) *kindMetrics {
	if known := m.kinds[kind]; known != nil {
		return known
	}
	return m.other()
}

// Active adds to the number of entities that are active.
func (m *entityMetrics) Active(kind string, change int) { m.of(kind).active.Add(float64(change)) }

// Activated counts one recovered entity: how long that took, and how many events
// were replayed.
func (m *entityMetrics) Activated(kind string, took time.Duration, events int) {
	of := m.of(kind)
	of.activations.Observe(took.Seconds())
	of.replayed.Add(float64(events))
}

// Closed counts one activation that has ended.
func (m *entityMetrics) Closed(kind, reason string) {
	m.ends.WithLabelValues(m.of(kind).label, reason).Inc()
}

// Waiting adds to the number of commands in mailboxes.
func (m *entityMetrics) Waiting(kind string, change int) { m.of(kind).waiting.Add(float64(change)) }

// Waited counts one command that was sent, and how long it waited.
func (m *entityMetrics) Waited(kind string, took time.Duration) {
	m.of(kind).waits.Observe(took.Seconds())
}

// Answered counts one command that the function has answered, and how long that took.
func (m *entityMetrics) Answered(kind string, took time.Duration) {
	m.of(kind).answers.Observe(took.Seconds())
}

// Streamed adds to the number of streamed commands that are open.
func (m *entityMetrics) Streamed(kind string, change int) { m.of(kind).streamed.Add(float64(change)) }

// Commanded counts one command that has its outcome.
func (m *entityMetrics) Commanded(kind string, code codes.Code, took time.Duration) {
	m.of(kind).commands.WithLabelValues(code.String()).Observe(took.Seconds())
}

// Persisted counts one write of so many changes, with so many events and bytes.
func (m *entityMetrics) Persisted(kind string, took time.Duration, changes, events, bytes int, err error) {
	of := m.of(kind)
	of.wrote(took, err)
	if err == nil {
		of.changes.Add(float64(changes))
		of.events.Add(float64(events))
		of.bytes.Add(float64(bytes))
	}
}

// Snapshots counts snapshots that are stored.
func (m *entityMetrics) Snapshots(kind string, n, bytes int) {
	of := m.of(kind)
	of.snapshots.Add(float64(n))
	of.snapshotBytes.Add(float64(bytes))
}

// Saved counts one write of copies of replicated entities.
func (m *entityMetrics) Saved(copies, bytes int, took time.Duration, err error) {
	m.saved.wrote(took, err)
	if err == nil {
		m.saved.changes.Add(float64(copies))
		m.saved.bytes.Add(float64(bytes))
	}
}

// wrote counts one write.
func (k *kindMetrics) wrote(took time.Duration, err error) {
	k.writes.Observe(took.Seconds())
	if err != nil {
		k.failures.Inc()
	}
}
