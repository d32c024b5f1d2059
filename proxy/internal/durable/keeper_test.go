package durable_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/durable"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// effects is a store of durable side effects.
type effects struct {
	mu   sync.Mutex
	kept map[string]store.Effect
	err  error
}

var _ store.Effects = (*effects)(nil)

func (e *effects) Effects(_ context.Context, each func(store.Effect) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(e.kept)) {
		if err := each(e.kept[id]); err != nil {
			return err
		}
	}
	return nil
}

func (e *effects) Delivered(_ context.Context, source store.ID, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil && e.kept[id].Source == source {
		delete(e.kept, id)
	}
	return e.err
}

func (e *effects) Park(_ context.Context, source store.ID, id string, parking *store.Parking) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if kept, ok := e.kept[id]; e.err == nil && ok && kept.Source == source {
		if kept.Parked = parking; parking == nil {
			kept.Stored = time.Now()
		}
		e.kept[id] = kept
	}
	return e.err
}

func (e *effects) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// world is a keeper, with a store, and targets that answer as they are told.
type world struct {
	*durable.Keeper

	store  *effects
	stop   context.CancelFunc
	random float64

	mu sync.Mutex
	// answers are those of a target, by its method, one for each attempt; the last
	// one stays.
	answers map[string][]durable.Result
	// attempts are what the targets have got, with the time since the beginning.
	attempts []string
	// keys are those of the attempts.
	keys    map[string]bool
	reports []string
	begin   time.Time
	// tried and parked are what the keeper says that it has.
	tried, parked int
}

func start(tb testing.TB, kept *effects, answers map[string][]durable.Result, change func(*durable.Config)) *world {
	tb.Helper()
	w := &world{store: kept, answers: answers, begin: time.Now(), random: 0.5, keys: map[string]bool{}}
	unique := uint64(0)
	config := durable.Config{
		Store: kept, Reporter: w, Metrics: w, Log: slog.New(slog.DiscardHandler),
		Random: func() float64 { return w.random },
		Unique: func() uint64 { unique++; return unique },
	}
	if change != nil {
		change(&config)
	}
	var err error
	if w.Keeper, err = durable.New(config); err != nil {
		tb.Fatal(err)
	}
	if err := w.Load(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	running := make(chan struct{})
	go func() {
		defer close(running)
		w.Run(ctx, w)
	}()
	w.stop = func() {
		stop()
		<-running
		now, cancel := context.WithCancel(context.Background())
		cancel()
		w.Drain(now)
	}
	tb.Cleanup(w.stop)
	return w
}

// Send answers at once, as the target is told to, or never.
func (w *world) Send(_ context.Context, body durable.Body) <-chan durable.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := body.Errand.GetCommandName()
	w.attempts = append(w.attempts, fmt.Sprintf("%s at %v", name, time.Since(w.begin)))
	w.keys[body.Key] = true
	result := make(chan durable.Result, 1)
	answers := w.answers[name]
	if len(answers) == 0 {
		return result
	}
	result <- answers[0]
	if len(answers) > 1 {
		w.answers[name] = answers[1:]
	}
	return result
}

func (w *world) Report(_ context.Context, id entity.ID, report entity.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, fmt.Sprintf("%s %s %d", id, report.Requirement, report.CommandID))
}

func (w *world) Kept(tried, parked int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tried += tried
	w.parked += parked
}

func (w *world) Attempted(bool) {}

// made is what the targets have got.
func (w *world) made() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.attempts, ", ")
}

func (w *world) reported() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.reports, ", ")
}

// add stores effects to the methods as a reply of the entity 7 does, and begins the
// first attempt at each.
func (w *world) add(methods ...string) (ended []<-chan struct{}) {
	source := entity.ID{Service: "shop.Cart", Entity: "7"}
	var asked []*entityv1.SideEffect
	for _, method := range methods {
		asked = append(asked, &entityv1.SideEffect{ServiceName: "shop.Mail", CommandName: method})
	}
	for n, effect := range w.Effects(source, entity.Command{}, asked) {
		effect.Source = store.ID{Persistence: "cart", Entity: "7"}
		w.store.mu.Lock()
		w.store.kept[effect.ID] = effect
		w.store.mu.Unlock()
		body := durable.NewBody(source, "", nil, nil, 0, asked[n], effect.ID)
		ended = append(ended, w.Began(effect.ID, "cart", body, 3, w.Send(context.Background(), body)))
	}
	return ended
}

func kept() *effects { return &effects{kept: map[string]store.Effect{}} }

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

var (
	delivered = durable.Result{Delivered: true}
	failed    = durable.Result{Code: codes.Unavailable, Text: "the function is gone"}
)

// FX-DUR-004, FX-DUR-007: an effect that is delivered is removed, and whoever waits for
// its first attempt goes on.
func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {delivered}}, nil)
		<-w.add("A")[0]
		synctest.Wait()
		if len(w.store.kept) != 0 || w.tried != 0 {
			t.Errorf("the store keeps %v, and the keeper says %d", w.store.kept, w.tried)
		}
	})
}

// FX-DUR-008, FX-DUR-005: the pauses double from 1 s to 32 s, and are 60 s from then on;
// every attempt has one key.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {failed}}, nil)
		<-w.add("A")[0] // FX-DUR-007: after the first attempt
		time.Sleep(3*time.Minute + 4*time.Second)
		synctest.Wait()
		want(t, "attempts", w.made(), "A at 0s, A at 1s, A at 3s, A at 7s, A at 15s, A at 31s, A at 1m3s, A at 2m3s, A at 3m3s")
		if len(w.keys) != 1 || w.keys[""] {
			t.Errorf("the attempts have the keys %v", w.keys)
		}
	})
}

// FX-DUR-008: up to a fifth more or less.
func TestPausesVary(t *testing.T) {
	for random, expected := range map[float64]string{0: "A at 0s, A at 800ms, A at 2.4s", 1: "A at 0s, A at 1.2s, A at 3.6s"} {
		synctest.Test(t, func(t *testing.T) {
			w := start(t, kept(), map[string][]durable.Result{"A": {failed, failed, delivered}}, nil)
			w.random = random
			w.add("A")
			time.Sleep(time.Minute)
			want(t, "attempts", w.made(), expected)
		})
	}
}

// FX-DUR-009: a target that says when is not asked earlier, nor earlier than otherwise.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later, sooner := failed, failed
		later.RetryAfter, sooner.RetryAfter = 10*time.Second, time.Millisecond
		w := start(t, kept(), map[string][]durable.Result{"A": {later, sooner, delivered}}, nil)
		w.add("A")
		time.Sleep(time.Minute)
		want(t, "attempts", w.made(), "A at 0s, A at 10s, A at 12s")
	})
}

// FX-DUR-019, FX-DUR-021: an attempt that is not answered in its time has failed, and holds
// up no other.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"B": {failed, delivered}}, nil)
		ended := w.add("A", "B")
		<-ended[0]
		want(t, "the first attempt took", time.Since(w.begin).String(), "1m0s")
		want(t, "attempts", w.made(), "A at 0s, B at 0s, B at 1s")
	})
}

// FX-DUR-010, FX-DUR-012, FX-DUR-013: after 24 h the effect is parked, the function is told,
// and whoever runs the proxy sees it.
func TestTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {failed}}, nil)
		w.add("A")
		time.Sleep(24*time.Hour - time.Second)
		want(t, "reports", w.reported(), "")
		time.Sleep(2 * time.Second)
		want(t, "reports", w.reported(), "shop.Cart/7 FX-DUR-010 3")
		all := w.Parked()
		if len(all) != 1 {
			t.Fatalf("parked are %v", all)
		}
		p := all[0]
		at := fmt.Sprintln(p.Source, p.Target, p.Key != "", p.Stored.Sub(w.begin), p.At.Sub(w.begin), p.Attempts > 1400, p.Code, p.Text)
		want(t, "parked", at, "shop.Cart/7 shop.Mail/A true 0s 24h0m0s true Unavailable the function is gone\n")
		if w.tried != 0 || w.parked != 1 {
			t.Errorf("the keeper says %d and %d", w.tried, w.parked)
		}
	})
}

// FX-DUR-011, FX-DUR-007: what can never be sent is parked at once, and nobody waits for
// it any longer.
func TestNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {{Never: "FX-EFF-001", Code: codes.Unimplemented, Text: "unknown"}}}, nil)
		<-w.add("A")[0]
		synctest.Wait()
		want(t, "reports", w.reported(), "shop.Cart/7 FX-EFF-001 3")
		if all := w.Parked(); len(all) != 1 || all[0].Attempts != 0 || all[0].Code != codes.Unimplemented {
			t.Errorf("parked are %v", all)
		}
	})
}

// FX-DUR-014: a parked effect stays until somebody wants it tried again, with the same
// key and 24 h anew, or removes it.
func TestOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := durable.Result{Never: "FX-EFF-001", Code: codes.Unimplemented}
		w := start(t, kept(), map[string][]durable.Result{"A": {never, failed, delivered}, "B": {never}}, nil)
		w.add("A", "B")
		time.Sleep(48 * time.Hour)
		all := w.Parked()
		if len(all) != 2 {
			t.Fatalf("parked are %v", all)
		}
		if err := w.Remove(t.Context(), all[1].ID); err != nil {
			t.Error(err)
		}
		w.store.fail(errors.New("disk full"))
		if w.Retry(t.Context(), all[0].ID) == nil || len(w.Parked()) != 1 {
			t.Error("the store did not take it, and it is not parked any more")
		}
		w.store.fail(nil)
		if err := w.Retry(t.Context(), all[0].ID); err != nil {
			t.Error(err)
		}
		if w.Retry(t.Context(), all[0].ID) == nil || w.Remove(t.Context(), "x") == nil {
			t.Error("what is not parked was taken")
		}
		time.Sleep(time.Minute)
		want(t, "attempts", w.made(), "A at 0s, B at 0s, A at 48h0m0s, A at 48h0m1s")
		if len(w.store.kept) != 0 || len(w.keys) != 2 {
			t.Errorf("the store keeps %v, and the keys are %v", w.store.kept, w.keys)
		}
	})
}

// FX-DUR-003, FX-DUR-020, FX-DUR-014: after a start each effect that is not parked is tried
// without a pause, in the order in which they were stored, and its pauses begin anew; a
// parked one stays parked, and one whose time is up is not tried any more.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := kept()
		never := durable.Result{Never: "FX-EFF-001"}
		w := start(t, disk, map[string][]durable.Result{"A": {failed}, "B": {failed}, "C": {never}, "D": {failed}}, nil)
		w.add("D")
		time.Sleep(23 * time.Hour)
		w.add("A", "B", "C")
		time.Sleep(10 * time.Second)
		w.stop()
		time.Sleep(time.Hour)
		w = start(t, disk, map[string][]durable.Result{"A": {failed, failed, delivered}, "B": {delivered}}, nil)
		time.Sleep(5 * time.Second)
		want(t, "attempts", w.made(), "A at 0s, B at 0s, A at 1s, A at 3s")
		want(t, "reports", w.reported(), "shop.Cart/7 FX-DUR-010 0")
		if all := w.Parked(); len(all) != 2 || all[0].Target != "shop.Mail/D" || all[1].Target != "shop.Mail/C" {
			t.Errorf("parked are %v", all)
		}
	})
}

// A store that does not take the end is told again; the target is not.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {delivered}}, nil)
		w.store.fail(errors.New("disk full"))
		ended := w.add("A")
		<-ended[0]
		time.Sleep(10 * time.Second)
		w.store.fail(nil)
		time.Sleep(2 * time.Minute)
		want(t, "attempts", w.made(), "A at 0s")
		if len(w.store.kept) != 0 {
			t.Errorf("the store keeps %v", w.store.kept)
		}
	})
}

// FX-DUR-011: so is one that does not take that an effect is parked which was never sent,
// and nobody waits for that.
func TestStoreDoesNotPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := durable.Result{Never: "FX-DUR-011", Code: codes.NotFound}
		w := start(t, kept(), map[string][]durable.Result{"A": {never, never, never}}, nil)
		w.store.fail(errors.New("disk full"))
		<-w.add("A")[0]
		time.Sleep(1500 * time.Millisecond)
		w.store.fail(nil)
		time.Sleep(2 * time.Minute)
		want(t, "attempts", w.made(), "A at 0s, A at 1s, A at 2s")
		want(t, "reports", w.reported(), "shop.Cart/7 FX-DUR-011 3")
		if all := w.Parked(); len(all) != 1 || all[0].Attempts != 0 || all[0].Code != codes.NotFound {
			t.Errorf("parked are %v", all)
		}
	})
}

// FX-DUR-006: effects of one reply have ids in their order, and so has what is stored
// later.
func TestIDsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, kept(), map[string][]durable.Result{"A": {failed}}, nil)
		three := []*entityv1.SideEffect{{}, {}, {}}
		first := w.Effects(entity.ID{}, entity.Command{}, three)
		time.Sleep(time.Nanosecond)
		var ids []string
		for _, effect := range append(first, w.Effects(entity.ID{}, entity.Command{}, three)...) {
			ids = append(ids, effect.ID)
		}
		if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 6 {
			t.Errorf("the ids are %v", ids)
		}
	})
}

// What the keeper cannot read it does not throw away.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	disk := kept()
	disk.kept["1"] = store.Effect{ID: "1", Body: []byte{9}}
	keeper, err := durable.New(durable.Config{
		Store: disk, Reporter: new(world), Log: slog.New(slog.DiscardHandler), Random: func() float64 { return 0 }, Unique: func() uint64 { return 0 },
	})
	if err != nil || keeper.Load(t.Context()) == nil {
		t.Errorf("it was loaded: %v", err)
	}
	if _, err := durable.New(durable.Config{}); err == nil {
		t.Error("an empty config was accepted")
	}
}

// The attempts of a start are bounded, and a stop gives up those that wait for room.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := kept()
		w := start(t, disk, nil, nil)
		w.add("A", "B", "C")
		w.stop()
		w = start(t, disk, map[string][]durable.Result{}, func(c *durable.Config) { c.Attempts = 2 })
		synctest.Wait()
		if n := len(w.attempts); n != 2 {
			t.Errorf("%d attempts are under way", n)
		}
	})
}
