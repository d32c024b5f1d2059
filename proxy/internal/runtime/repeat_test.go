package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// desk is a world with a store, whose function notes what it is asked, and answers Hold
// only when it is told what to do.
type desk struct {
	*world

	store *memory.Store
	hold  chan string // the command to carry out in the place of Hold

	mu    sync.Mutex
	asked []string
}

func newDesk(t *testing.T, change func(*runtime.Config)) *desk {
	t.Helper()
	return newDeskOn(t, memory.New(), change)
}

func newDeskOn(t *testing.T, on *memory.Store, change func(*runtime.Config)) *desk {
	t.Helper()
	d := &desk{store: on, hold: make(chan string)}
	d.world = start(t, runtimetest.Model{Answer: d.answer}.Serve, func(c *runtime.Config) {
		c.Kinds, c.Records = kinds(on), on
		if change != nil {
			change(c)
		}
	})
	d.function.Terms.Capabilities = entity.CapabilitiesOf(
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE)
	return d
}

func (d *desk) answer(s *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	from := ""
	if entries := command.GetMetadata().GetEntries(); len(entries) > 0 {
		from = " from " + entries[0].GetStringValue()
	}
	d.mu.Lock()
	d.asked = append(d.asked, command.GetName()+" "+string(command.GetPayload().GetValue())+from)
	d.mu.Unlock()
	name := command.GetName()
	if name == "Hold" {
		select {
		case name = <-d.hold:
		case <-s.Context().Done():
		}
	}
	switch name {
	case "Delete":
		reply := runtimetest.Reply(state)
		reply.Delete = &eventsourcedv1.Delete{}
		return reply
	case "Move":
		return runtimetest.Forward("shop.Stock", "Take", "tea")
	case "Effect":
		reply := runtimetest.Reply(state)
		reply.SideEffects = []*entityv1.SideEffect{{ServiceName: "shop.Log", CommandName: "Note", Synchronous: true}}
		return reply
	case "Later":
		return runtimetest.Fail(&entityv1.Failure{Description: "later", Retryable: true})
	case "GiveUp":
		return runtimetest.Fail(&entityv1.Failure{Description: "given up", Code: 1})
	default:
		return runtimetest.Model{}.Reply(state, &entityv1.Command{Name: name, Payload: command.GetPayload()})
	}
}

// wantAsked checks what the function was asked, from the first command on.
func (d *desk) wantAsked(want ...string) {
	d.tb.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if fmt.Sprintf("%q", d.asked) != fmt.Sprintf("%q", want) {
		d.tb.Errorf("the function was asked %q, want %q", d.asked, want)
	}
}

// keyed hands in a call with the key k, and waits until all is quiet.
func (d *desk) keyed(ctx context.Context, name, text string) <-chan entity.Outcome {
	d.tb.Helper()
	outcome, err := d.try(ctx, name, text, "")
	if err != nil {
		d.tb.Fatalf("%s %q was not taken: %v", name, text, err)
	}
	synctest.Wait()
	return outcome
}

func (d *desk) try(ctx context.Context, name, text, from string) (<-chan entity.Outcome, error) {
	command := entity.Command{Name: name, Payload: runtimetest.Text(text), Response: "test.Text", Key: "k"}
	if from != "" {
		command.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
			Key: "from", Value: &entityv1.MetadataEntry_StringValue{StringValue: from},
		}}}
	}
	return d.Submit(ctx, d.target, entity.ID{Service: "shop.Cart", Entity: "7"}, command)
}

func wantWaiting(t *testing.T, outcomes ...<-chan entity.Outcome) {
	t.Helper()
	synctest.Wait()
	for n, outcome := range outcomes {
		if len(outcome) > 0 {
			t.Errorf("call %d does not wait: %s", n, answer(<-outcome))
		}
	}
}

// IDEM-REPEAT-002, IDEM-REPEAT-003: what is recorded answers a repeat. IDEM-KEEP-002: a
// record outlives passivation and the process. IDEM-KEEP-001, IDEM-KEEP-003: it is kept for
// its time, and then the call is a first one.
func TestRepeatOfRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		d := newDesk(t, nil)
		wantAnswer(t, answer(<-d.keyed(ctx, "Add", "tea")), "tea")
		wantAnswer(t, d.call("7", "Add", "milk"), "teamilk")
		wantAnswer(t, answer(<-d.keyed(ctx, "Add", "tea")), "tea")
		time.Sleep(time.Minute)
		wantAnswer(t, answer(<-d.keyed(ctx, "Add", "tea")), "tea")
		d.wantAsked("Add tea", "Add milk")
		if n := d.function.Opened(); n != 1 {
			t.Errorf("%d streams were opened", n)
		}
		next := newDeskOn(t, d.store, nil)
		time.Sleep(23 * time.Hour)
		wantAnswer(t, answer(<-next.keyed(ctx, "Add", "tea")), "tea")
		next.wantAsked()
		time.Sleep(2 * time.Hour)
		wantAnswer(t, answer(<-next.keyed(ctx, "Add", "tea")), "teamilktea")
	})
}

// IDEM-REPEAT-001: a repeat waits for the command that is outstanding.
func TestRepeatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		first, repeat := d.keyed(t.Context(), "Hold", "tea"), d.keyed(t.Context(), "Hold", "tea")
		wantWaiting(t, first, repeat)
		d.hold <- "Add"
		wantAnswer(t, answer(<-first), "tea")
		wantAnswer(t, answer(<-repeat), "tea")
		wantAnswer(t, d.call("7", "Get", ""), "tea")
		d.wantAsked("Hold tea", "Get ")
	})
}

// IDEM-REPEAT-005: a key that is that of another request, recorded or under way.
func TestKeyOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		first := d.keyed(t.Context(), "Hold", "tea")
		for range 2 {
			wantCode(t, <-d.keyed(t.Context(), "Hold", "milk"), codes.InvalidArgument)
			wantCode(t, <-d.keyed(t.Context(), "Add", "tea"), codes.InvalidArgument)
			if len(first) == 0 {
				d.hold <- "Add"
			}
			synctest.Wait()
		}
		wantAnswer(t, answer(<-first), "tea")
		wantAnswer(t, answer(<-d.keyed(t.Context(), "Hold", "tea")), "tea")
		d.wantAsked("Hold tea")
	})
}

// IDEM-REPEAT-005, IDEM-REPEAT-002: of an entity that was deleted for ever the record still
// answers, that of the deleting call included; another request gets NOT_FOUND.
func TestRepeatOfDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		wantAnswer(t, answer(<-d.keyed(t.Context(), "Delete", "")), "")
		wantAnswer(t, answer(<-d.keyed(t.Context(), "Delete", "")), "")
		wantCode(t, <-d.keyed(t.Context(), "Add", "tea"), codes.NotFound)
		wantCode(t, <-d.submit(t.Context(), "7", "Get", ""), codes.NotFound)
		d.wantAsked("Delete ")
	})
}

// IDEM-REPEAT-010: a command that ends without a record ends so for those who wait too,
// whether or not its own caller does. IDEM-RECORD-003, IDEM-RECORD-004: the next call is a
// first one.
func TestRepeatOfUnrecorded(t *testing.T) {
	for name, want := range map[string]codes.Code{"Later": codes.Unknown, "timeout": codes.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			ctx, leave := context.WithCancel(t.Context())
			first, repeat := d.keyed(ctx, "Hold", "tea"), d.keyed(t.Context(), "Hold", "tea")
			leave()
			if name == "timeout" {
				time.Sleep(time.Minute)
			} else {
				d.hold <- name
			}
			one, other := <-first, <-repeat
			wantCode(t, one, want)
			wantCode(t, other, want)
			if !errors.Is(one.Err, other.Err) {
				t.Errorf("%v, and %v", one.Err, other.Err)
			}
			again := d.keyed(t.Context(), "Hold", "tea")
			d.hold <- "Add"
			wantAnswer(t, answer(<-again), "tea")
			d.wantAsked("Hold tea", "Hold tea")
		})
	}
}

// IDEM-REPEAT-006: the oldest repeat that still waits takes the place of a first call whose
// caller has gone, with its own metadata.
func TestRepeatTakesPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		busy := d.submit(t.Context(), "7", "Hold", "")
		ctx, leave := context.WithCancel(t.Context())
		var calls []<-chan entity.Outcome
		for _, from := range []string{"a", "b", "c"} {
			ctx := ctx
			if from == "c" {
				ctx = t.Context()
			}
			call, err := d.try(ctx, "Add", "tea", from)
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, call)
		}
		behind := d.submit(t.Context(), "7", "Get", "")
		wantWaiting(t, append(calls, busy, behind)...)
		leave()
		d.hold <- "Get"
		wantCode(t, <-calls[0], codes.Canceled)
		wantCode(t, <-calls[1], codes.Canceled)
		wantAnswer(t, answer(<-calls[2]), "tea")
		wantAnswer(t, answer(<-behind), "tea")
		d.wantAsked("Hold ", "Add tea from c", "Get ")
	})
}

// A first call whose caller has gone when it comes is answered, and does no harm to the
// goroutine that asks the store for its key. Both run at once: many tries.
func TestFirstCallerHasGone(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, nil)
			ctx, leave := context.WithCancel(t.Context())
			leave()
			wantCode(t, <-d.keyed(ctx, "Add", "tea"), codes.Canceled)
		})
	}
}

// IDEM-REPEAT-007, IDEM-RECORD-005: what the function gives up because nobody waited is
// sent anew for the oldest who has asked since, behind those that wait; the others wait for
// that.
func TestRepeatOfGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		ctx, leave := context.WithCancel(t.Context())
		first := d.keyed(ctx, "Hold", "tea")
		behind := d.submit(t.Context(), "7", "Get", "")
		leave()
		synctest.Wait()
		second, third := d.keyed(t.Context(), "Hold", "tea"), d.keyed(t.Context(), "Hold", "tea")
		d.hold <- "GiveUp"
		wantCode(t, <-first, codes.Canceled)
		wantAnswer(t, answer(<-behind), "")
		wantWaiting(t, second, third)
		d.hold <- "Add"
		wantAnswer(t, answer(<-second), "tea")
		wantAnswer(t, answer(<-third), "tea")
		d.wantAsked("Hold tea", "Get ", "Hold tea")
	})
}

// IDEM-REPEAT-008: a repeat that waits counts, as long as its caller does.
func TestRepeatsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(c *runtime.Config) { c.Mailbox = 2 })
		busy := d.submit(t.Context(), "7", "Hold", "")
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		d.keyed(t.Context(), "Add", "tea")
		gone := d.keyed(ctx, "Add", "tea")
		for range 2 {
			if _, err := d.try(t.Context(), "Add", "tea", ""); err == nil {
				t.Error("a third one was taken")
			}
			if _, err := d.Submit(t.Context(), d.target, entity.ID{Service: "shop.Cart", Entity: "7"}, entity.Command{}); err == nil {
				t.Error("another one was taken")
			}
		}
		leave()
		third := d.keyed(t.Context(), "Add", "tea")
		wantCode(t, <-gone, codes.Canceled)
		d.hold <- "Get"
		<-busy
		wantAnswer(t, answer(<-third), "tea")
		d.wantAsked("Hold ", "Add tea")
	})
}

// cancelled serves a stream whose one command it never answers, and tells of its cancel.
func cancelled(cancels chan<- *entityv1.Cancel) func(*runtimetest.Stream) error {
	return func(s *runtimetest.Stream) error {
		for {
			request, err := s.Recv()
			if err != nil {
				return err
			}
			if cancel := request.GetCancel(); cancel != nil {
				cancels <- cancel
			}
		}
	}
}

// IDEM-REPEAT-009: a deadline that passes is one caller's alone. CORE-CANCEL-001,
// CORE-CANCEL-008: the function is told once the last of all has gone, and why that one
// has.
func TestRepeatsEachWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		cancels := make(chan *entityv1.Cancel, 8)
		w := start(t, cancelled(cancels), func(c *runtime.Config) { c.Kinds, c.Records = kinds(d.store), d.store })
		w.function.Terms.Capabilities = d.function.Terms.Capabilities
		d.world = w
		ctx, leave := context.WithCancel(t.Context())
		d.keyed(ctx, "Get", "")
		for _, patience := range []time.Duration{2 * time.Second, 5 * time.Second, time.Second} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			d.keyed(ctx, "Get", "")
		}
		leave()
		time.Sleep(5*time.Second - 1)
		synctest.Wait()
		if len(cancels) != 0 {
			t.Errorf("%v, and one still waits", <-cancels)
		}
		time.Sleep(time.Hour)
		if len(cancels) != 1 || (<-cancels).GetReason() != entityv1.CancelReason_CANCEL_REASON_DEADLINE {
			t.Error("the function was not told once, of the last one's deadline")
		}
	})
}

// FX-EFF-004: a repeat waits for the side effects of the first call. IDEM-REPEAT-003: it
// has none of its own.
func TestRepeatWaitsForEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		first, repeat := d.keyed(t.Context(), "Hold", "tea"), d.keyed(t.Context(), "Hold", "tea")
		d.hold <- "Effect"
		outcome := <-first
		late := d.keyed(t.Context(), "Hold", "tea")
		wantCode(t, <-d.keyed(t.Context(), "Hold", "milk"), codes.InvalidArgument)
		time.Sleep(40 * time.Second) // The entity is passivated meanwhile.
		wantWaiting(t, repeat, late)
		outcome.Effected()
		for _, waited := range []<-chan entity.Outcome{repeat, late} {
			if got := <-waited; got.Reply == nil || got.SideEffects != nil || got.Effected != nil {
				t.Errorf("a repeat got %+v", got)
			}
		}
		d.wantAsked("Hold tea")
	})
}

// A runtime that is closed waits for no side effect.
func TestCloseWithEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		first, repeat := d.keyed(t.Context(), "Hold", "tea"), d.keyed(t.Context(), "Hold", "tea")
		d.hold <- "Effect"
		<-first
		d.Close()
		if got := <-repeat; got.Reply == nil {
			t.Errorf("a repeat got %+v", got)
		}
	})
}

// IDEM-REPEAT-004: the answer that is a forward is one for a repeat too.
func TestRepeatOfForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		for range 2 {
			if got := <-d.keyed(t.Context(), "Move", "tea"); got.Forward.GetServiceName() != "shop.Stock" {
				t.Errorf("%+v", got)
			}
		}
		d.wantAsked("Move tea")
	})
}

// hesitant is a store that says after a second what it has recorded, if it says it.
type hesitant struct {
	*memory.Store

	err error
}

func (s *hesitant) Record(ctx context.Context, id store.ID, key string) (store.Record, bool, error) {
	time.Sleep(time.Second)
	if s.err != nil {
		return store.Record{}, false, s.err
	}
	return s.Store.Record(ctx, id, key)
}

// While the store is asked, nothing is sent, and every call with the key waits for what
// it says; each is then held against the record, or else against the first.
func TestSlowRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(c *runtime.Config) { c.Records = &hesitant{Store: c.Records.(*memory.Store)} })
		first, other, repeat := d.keyed(t.Context(), "Add", "tea"), d.keyed(t.Context(), "Add", "milk"), d.keyed(t.Context(), "Add", "tea")
		wantWaiting(t, first, other, repeat)
		d.wantAsked()
		wantAnswer(t, answer(<-first), "tea")
		wantCode(t, <-other, codes.InvalidArgument)
		wantAnswer(t, answer(<-repeat), "tea")
		other, repeat = d.keyed(t.Context(), "Add", "milk"), d.keyed(t.Context(), "Add", "tea")
		wantWaiting(t, other, repeat)
		wantCode(t, <-other, codes.InvalidArgument)
		wantAnswer(t, answer(<-repeat), "tea")
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		wantCode(t, <-d.keyed(ctx, "Add", "tea"), codes.OK) // It is answered, though too late.
		d.wantAsked("Add tea")
	})
}

// A store that does not say whether a call was made before: it is not carried out.
func TestBrokenRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(c *runtime.Config) {
			c.Records = &hesitant{Store: c.Records.(*memory.Store), err: errors.New("gone")}
		})
		first, repeat, behind := d.keyed(t.Context(), "Add", "tea"), d.keyed(t.Context(), "Add", "tea"), d.submit(t.Context(), "7", "Get", "")
		wantCode(t, <-first, codes.Unavailable)
		wantCode(t, <-repeat, codes.Unavailable)
		wantAnswer(t, answer(<-behind), "")
		d.wantAsked("Get ")
	})
}

// IDEM-KEY-003: a key is of one entity: under another id, or in another case of its
// letters, it is another.
func TestKeyIsOfOneEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		for _, call := range []struct{ entity, key string }{{"7", "k"}, {"8", "k"}, {"7", "K"}, {"7", "k "}, {"7", "k"}} {
			command := entity.Command{Name: "Add", Payload: runtimetest.Text("a"), Response: "test.Text", Key: call.key}
			outcome, err := d.Submit(t.Context(), d.target, entity.ID{Service: "shop.Cart", Entity: call.entity}, command)
			if err != nil {
				t.Fatal(err)
			}
			<-outcome
		}
		d.wantAsked("Add a", "Add a", "Add a", "Add a")
	})
}
