package runtime_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

var profile = store.ID{Persistence: "profile", Entity: "7"}

func update(expected int64, text string, after time.Duration) entity.Persist {
	return entity.Persist{Expected: expected, Command: 1, Value: &entity.Value{Update: runtimetest.Text(text), ExpireAfter: after}}
}

// loads checks what is fed of the entity.
func loads(t *testing.T, state runtime.State, want entity.Opened) {
	t.Helper()
	var got []entity.Input
	err := state.Load(t.Context(), profile, func(in entity.Input) error { got = append(got, in); return nil })
	if diff := cmp.Diff([]entity.Input{want}, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func stores(t *testing.T, state runtime.State, changes ...entity.Persist) {
	t.Helper()
	if err := state.Store(t.Context(), profile, store.Fence{Epoch: 1}, changes, store.Beside{}); err != nil {
		t.Error(err)
	}
}

// VAL-INIT-005, VAL-INIT-006, VAL-REV-001: what is fed is the last update, or that there
// is none, and how many state actions there have been. Several that wait are one write.
func TestValue(t *testing.T) {
	t.Parallel()
	state := runtime.Valued(memory.New())
	loads(t, state, entity.Opened{})
	stores(t, state, update(0, "tea", 0))
	loads(t, state, entity.Opened{Last: 1, Value: runtimetest.Text("tea")})
	remove := entity.Persist{Expected: 2, Command: 2, Value: &entity.Value{}}
	stores(t, state, update(1, "milk", 0), remove)
	loads(t, state, entity.Opened{Last: 3})
	stores(t, state, update(3, "tea", time.Second), update(4, "", 0))
	loads(t, state, entity.Opened{Last: 5, Value: runtimetest.Text("")})
	err := state.Store(t.Context(), profile, store.Fence{Epoch: 1}, []entity.Persist{update(4, "late", 0)}, store.Beside{})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("a write that came too late: %v", err)
	}
}

// VAL-EXPIRE-001, VAL-REV-002: a value is fed with the time that it has left, and not at
// all from its end on; the revision stays.
func TestValueExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := runtime.Valued(memory.New())
		stores(t, state, update(0, "tea", 5*time.Second))
		time.Sleep(2 * time.Second)
		loads(t, state, entity.Opened{Last: 1, Value: runtimetest.Text("tea"), Left: 3 * time.Second})
		time.Sleep(3 * time.Second)
		loads(t, state, entity.Opened{Last: 1})
	})
}

// lossy is a store whose writes are made, or not, and say that they are not known to be.
type lossy struct {
	*memory.Store

	made, blind bool
}

var errLossy = errors.New("connection lost")

func (l *lossy) Write(ctx context.Context, id store.ID, change store.Change) error {
	if l.made {
		if err := l.Store.Write(ctx, id, change); err != nil {
			return err
		}
	}
	return errLossy
}

func (l *lossy) Read(ctx context.Context, id store.ID) (store.Value, error) {
	if l.blind {
		return store.Value{}, errLossy
	}
	return l.Store.Read(ctx, id)
}

// VAL-STORE-003, VAL-STORE-007: what became of a write of several changes is told where
// the store tells it.
func TestValueHolds(t *testing.T) {
	t.Parallel()
	two := []entity.Persist{update(0, "tea", 0), update(1, "milk", 0)}
	records := []entity.Persist{{Command: 1}, {Command: 2}}
	beside := store.Beside{Records: []store.Record{{Key: "k", Expires: time.Now().Add(time.Hour)}}}
	for name, test := range map[string]struct {
		lossy   lossy
		changes []entity.Persist
		want    bool
		unknown bool
	}{
		"stored":        {lossy{made: true}, two, true, false},
		"not stored":    {lossy{}, two, false, false},
		"unreadable":    {lossy{made: true, blind: true}, two, false, true},
		"records alone": {lossy{made: true}, records, false, true},
	} {
		test.lossy.Store = memory.New()
		state := runtime.Valued(&test.lossy)
		if err := state.Store(t.Context(), profile, store.Fence{Epoch: 1}, test.changes, beside); !errors.Is(err, errLossy) {
			t.Errorf("%s: %v", name, err)
		}
		held, err := state.(runtime.Resolver).Holds(t.Context(), profile, test.changes)
		if held != test.want || (err != nil) != test.unknown {
			t.Errorf("%s: held is %t, %v", name, held, err)
		}
	}
}

// VAL-STORE-004: a value that cannot be read opens no stream; what is damaged is told from
// what is gone for now.
func TestValueUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, err := range map[codes.Code]error{codes.Unavailable: errLossy, codes.Internal: store.ErrCorrupt} {
			w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) {
				c.Kinds = map[string]runtime.Kind{kind: {State: runtime.Valued(unreadable{memory.New(), err})}}
			})
			wantCode(t, <-w.submit(t.Context(), "7", "Get", ""), want)
			if n := w.function.Opened(); n != 0 {
				t.Errorf("%d streams were opened", n)
			}
		}
	})
}

// unreadable is a store that reads no value.
type unreadable struct {
	*memory.Store

	err error
}

func (u unreadable) Read(context.Context, store.ID) (store.Value, error) { return store.Value{}, u.err }
