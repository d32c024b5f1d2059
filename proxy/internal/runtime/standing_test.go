package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// TestStanding follows one entity through its phases.
func TestStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loading, storing := faultstore.NewHold(), faultstore.NewHold()
		journal := faultstore.Wrap(memory.New(),
			faultstore.Rule{Op: faultstore.Load, Call: 1, Hold: loading}, faultstore.Rule{Op: faultstore.Append, Call: 1, Hold: storing})
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds = kinds(journal) })
		if s, is := w.Standing(idOf("7")); is {
			t.Errorf("before its first command it is %+v", s)
		}
		began := time.Now()
		added := w.submit(t.Context(), "7", "Add", "tea")
		<-loading.Reached()
		w.wantStanding(t, "7", runtime.Standing{Phase: runtime.Recovering, Since: began, Waiting: 1})

		time.Sleep(time.Second) // Fake time: the bubble's clock.
		loading.Release()
		<-storing.Reached()
		w.wantStanding(t, "7", runtime.Standing{Phase: runtime.Working, Since: began, Outstanding: 1, Last: "Add", LastCame: began})

		time.Sleep(time.Second) // Fake time: the bubble's clock.
		got := w.submit(t.Context(), "7", "Get", "")
		storing.Release()
		wantAnswer(t, answer(<-added), "tea")
		wantAnswer(t, answer(<-got), "tea")
		w.wantStanding(t, "7", runtime.Standing{Phase: runtime.Resting, Since: began, Last: "Get", LastCame: began.Add(2 * time.Second)})
		if n := w.Active(); n != 1 {
			t.Errorf("%d entities are active", n)
		}
	})
}

// wantStanding checks how the entity stands once nothing moves.
func (w *world) wantStanding(t *testing.T, key string, want runtime.Standing) {
	t.Helper()
	synctest.Wait()
	want.ID, want.Kind = idOf(key), kind
	if got, is := w.Standing(want.ID); !is || got != want {
		t.Errorf("it stands so: %v %+v\nwant %+v", is, got, want)
	}
}

// TestStandings pages through many entities, while another one works.
func TestStandings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := faultstore.NewHold()
		busy := storeID("m7")
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) {
			c.Kinds = kinds(faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, ID: &busy, Hold: hold}))
		})
		var want []string
		for n := range 300 {
			key := fmt.Sprintf("%c%d", 'a'+n%26, n)
			want = append(want, key)
			wantAnswer(t, w.call(key, "Get", ""), "")
		}
		working := w.submit(t.Context(), "m7", "Add", "tea")
		want = append(want, "m7")
		slices.Sort(want)
		synctest.Wait()

		var got []string
		for query := (runtime.Query{Service: "shop.Cart"}); ; {
			page := w.Standings(query, 7)
			for _, s := range page {
				got = append(got, s.ID.Entity)
			}
			if len(page) < 7 {
				break
			}
			query.After = page[6].ID
		}
		if !slices.Equal(got, want) {
			t.Errorf("the pages have %v", got)
		}
		for query, want := range map[*runtime.Query]int{
			{}:                           301,
			{Service: "shop.Other"}:      0,
			{Prefix: "m"}:                13,
			{Kinds: []string{kind}}:      301,
			{Kinds: []string{"another"}}: 0,
			{Phase: runtime.Working}:     1,
			{Phase: runtime.Resting}:     300,
		} {
			if all := w.Standings(*query, 1000); len(all) != want {
				t.Errorf("%+v: %d entities, want %d", *query, len(all), want)
			}
		}
		hold.Release()
		wantAnswer(t, answer(<-working), "tea")
	})
}

// TestPassivateOne has one entity leave: not while it works, and not another.
func TestPassivateOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := faultstore.NewHold()
		journal := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Call: 1, Hold: hold})
		seen := &witness{}
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Kinds, c.Witness = kinds(journal), seen })
		added := w.submit(t.Context(), "7", "Add", "tea")
		wantAnswer(t, w.call("8", "Get", ""), "")
		<-hold.Reached()
		if err := w.Passivate(t.Context(), idOf("7")); fault.KindOf(err) != fault.Busy {
			t.Errorf("while it stores: %v", err)
		}
		if err := w.Passivate(t.Context(), idOf("9")); fault.KindOf(err) != fault.NotFound {
			t.Errorf("one that is not there: %v", err)
		}
		hold.Release()
		wantAnswer(t, answer(<-added), "tea")
		synctest.Wait()
		if err := w.Passivate(t.Context(), idOf("7")); err != nil {
			t.Error(err)
		}
		if s, is := w.Standing(idOf("7")); is {
			t.Errorf("it is still there: %+v", s)
		}
		if s, is := w.Standing(idOf("8")); !is || s.Phase != runtime.Resting {
			t.Errorf("the other one is %+v", s)
		}
		wantAnswer(t, w.call("7", "Get", ""), "tea")
		seen.want(t, "7 came", "7 left: limit", "8 came", "7 came")
	})
}

// TestPassivateRace passivates an entity again and again while it is called: every call
// is answered, and every passivation ends.
func TestPassivateRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Active = 1 })
		var others sync.WaitGroup
		for n := range 200 {
			others.Go(func() {
				err := w.Passivate(t.Context(), idOf("7"))
				if k := fault.KindOf(err); err != nil && k != fault.Busy && k != fault.NotFound {
					t.Error(err)
				}
				w.PassivateIdle()
			})
			wantAnswer(t, w.call("7", "Add", "x"), strings.Repeat("x", n+1))
			wantAnswer(t, w.call("8", "Get", ""), "")
		}
		others.Wait()
		synctest.Wait()
		w.PassivateIdle()
		w.function.Wait()
		synctest.Wait()
		if n := w.Active(); n != 0 {
			t.Errorf("%d entities are counted as active, and none is", n)
		}
	})
}

// TestPassivateIdle has all leave that rest.
func TestPassivateIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := faultstore.NewHold()
		busy := storeID("busy")
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) {
			c.Kinds = kinds(faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, ID: &busy, Hold: hold}))
		})
		for n := range 10 {
			w.call(strconv.Itoa(n), "Get", "")
		}
		working := w.submit(t.Context(), "busy", "Add", "tea")
		synctest.Wait()
		if n := w.PassivateIdle(); n != 10 {
			t.Errorf("%d were told", n)
		}
		synctest.Wait()
		if left := w.Standings(runtime.Query{}, 100); len(left) != 1 || left[0].ID != idOf("busy") {
			t.Errorf("what is left: %+v", left)
		}
		hold.Release()
		wantAnswer(t, answer(<-working), "tea")
	})
}

// TestPassivateGivesUp: whoever waits for a passivation has a deadline.
func TestPassivateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(s *runtimetest.Stream) error {
			err := runtimetest.Model{}.Serve(s)
			time.Sleep(time.Second) // The function is slow to end its stream.
			return err
		}, nil)
		w.call("7", "Get", "")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := w.Passivate(ctx, idOf("7")); fault.KindOf(err) != fault.Deadline {
			t.Errorf("it gave %v", err)
		}
		if s, is := w.Standing(idOf("7")); !is || s.Phase != runtime.Leaving {
			t.Errorf("it is %+v", s)
		}
		if err := w.Passivate(t.Context(), idOf("7")); err != nil {
			t.Errorf("whoever waits longer: %v", err)
		}
	})
}

// witness writes down who comes and leaves.
type witness struct {
	mu   sync.Mutex
	seen []string
}

func (w *witness) Came(id entity.ID, of string) { w.write(of, id.Entity+" came") }

func (w *witness) Left(id entity.ID, of, reason string) { w.write(of, id.Entity+" left: "+reason) }

func (w *witness) write(of, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if of != kind {
		what += " of kind " + of
	}
	w.seen = append(w.seen, what)
}

// want checks what was seen, in any order.
func (w *witness) want(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	got := slices.Sorted(slices.Values(w.seen))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("seen: %q, want %q", got, want)
	}
}

func storeID(key string) store.ID { return store.ID{Persistence: "cart", Entity: key} }

var _ runtime.Witness = (*witness)(nil)
