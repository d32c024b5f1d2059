package runtime_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// batches is a journal that keeps what was appended.
type batches struct {
	store.Journal

	mu  sync.Mutex
	all []store.Batch
}

func (b *batches) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	b.mu.Lock()
	b.all = append(b.all, batch)
	b.mu.Unlock()
	return b.Journal.Append(ctx, id, batch)
}

// appended returns the batches so far.
func (b *batches) appended() []store.Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// causing is a model whose Add asks for a durable side effect.
func causing(_ *runtimetest.Stream, state string, command *entityv1.Command) *eventsourcedv1.EventSourcedReply {
	reply := runtimetest.Model{}.Reply(state, command)
	if command.GetName() == "Add" {
		reply.SideEffects = []*entityv1.SideEffect{{ServiceName: "shop.Stock", CommandName: "Take", Durable: true}}
	}
	return reply
}

// CORE-EPOCH-004, IDEM-RECORD-001, IDEM-KEEP-001: the record of a keyed command's answer
// and the durable side effects are one write with what the reply changes. An answer that
// changes nothing is recorded too, and so is a refusal.
func TestOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &batches{Journal: memory.New()}
		stored := 0
		w := start(t, runtimetest.Model{Answer: causing}.Serve, func(c *runtime.Config) {
			c.Kinds = kinds(journal)
			c.Effects = func(_ entity.ID, command entity.Command, effects []*entityv1.SideEffect) []store.Effect {
				stored++
				body := []byte(command.Name + " causes " + effects[0].GetCommandName())
				return []store.Effect{{ID: fmt.Sprintf("effect %d", stored), Body: body, Stored: time.Now()}}
			}
		})
		w.function.Terms.Capabilities = entity.CapabilitiesOf(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
		for n, want := range []*entityv1.ClientAction{
			{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: runtimetest.Text("tea")}}},
			{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: runtimetest.Text("tea")}}},
			{Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{Code: 2, Description: "tea"}}},
		} {
			name := []string{"Add", "Get", "Fail"}[n]
			command := entity.Command{Name: name, Payload: runtimetest.Text("tea"), Response: "test.Text", Key: name}
			outcomes, err := w.Submit(t.Context(), w.target, entity.ID{Service: "shop.Cart", Entity: "7"}, command)
			if err != nil {
				t.Fatal(err)
			}
			outcome := <-outcomes
			all := journal.appended()
			if len(all) != n+1 {
				t.Fatalf("%d writes for %d commands", len(all), n+1)
			}
			batch := all[n]
			wantRecord(t, batch.Beside.Records, name, want)
			if events, effects := len(batch.Events), len(batch.Beside.Effects); name == "Add" != (events == 1) || name == "Add" != (effects == 1) {
				t.Errorf("%s: %d events and %d effects in one write", name, events, effects)
			}
			if name == "Add" && fmt.Sprint(outcome.Stored) != "[effect 1]" {
				t.Errorf("the outcome says that %q are stored", outcome.Stored)
			}
		}
	})
}

func wantRecord(t *testing.T, records []store.Record, name string, want *entityv1.ClientAction) {
	t.Helper()
	if len(records) != 1 {
		t.Fatalf("%s: %d records", name, len(records))
	}
	record, answer := records[0], &entityv1.ClientAction{}
	if err := proto.Unmarshal(record.Answer, answer); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, answer, protocmp.Transform()); diff != "" {
		t.Errorf("%s: the recorded answer (-want +got)\n%s", name, diff)
	}
	if record.Key != name || record.Command != name || record.Digest != sha256.Sum256([]byte("tea")) {
		t.Errorf("%s: the record is %+v", name, record)
	}
	if kept := time.Until(record.Expires); kept < 24*time.Hour || kept > 25*time.Hour {
		t.Errorf("%s: the record is kept for %v", name, kept)
	}
}

// CORE-FLOW-001: while the stream of one entity takes nothing, the others go on.
func TestOneStreamTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		w := start(t, func(s *runtimetest.Stream) error {
			request, err := s.Recv()
			if err != nil || request.GetInit().GetEntityId() == "stuck" {
				<-s.Context().Done() // It reads no further.
				return s.Context().Err()
			}
			return model.Serve(s)
		}, nil)
		stuck := w.submit(t.Context(), "stuck", "Get", "")
		synctest.Wait()
		begin := time.Now()
		wantAnswer(t, w.call("free", "Add", "x"), "x")
		if took := time.Since(begin); took != 0 {
			t.Errorf("the other entity took %v", took)
		}
		if got := answer(<-stuck); got == "" {
			t.Error("an entity was served that reads nothing")
		}
	})
}

// CORE-FLOW-002: a caller that does not take its answer holds up nobody.
func TestCallerTakesNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		for range 3 {
			w.submit(t.Context(), "7", "Add", "x")
		}
		wantAnswer(t, w.call("7", "Get", ""), "xxx")
	})
}
