package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func TestBatchValidate(t *testing.T) {
	t.Parallel()
	events, records := []entity.Event{{}}, []store.Record{{Key: "k", Expires: time.Now()}}
	for name, test := range map[string]struct {
		batch store.Batch
		want  string
	}{
		"one event":         {store.Batch{Events: events}, ""},
		"no change":         {store.Batch{}, "changes nothing"},
		"a deletion":        {store.Batch{Delete: &entity.Delete{}}, ""},
		"a record":          {store.Batch{Beside: store.Beside{Records: records}}, ""},
		"snapshot":          {store.Batch{Expected: 4, Events: events, Snapshot: &entity.Snapshot{Sequence: 5}}, ""},
		"early snapshot":    {store.Batch{Expected: 4, Events: events, Snapshot: &entity.Snapshot{Sequence: 4}}, "snapshot of 4"},
		"late snapshot":     {store.Batch{Expected: 4, Events: events, Snapshot: &entity.Snapshot{Sequence: 6}}, "snapshot of 6"},
		"snapshot alone":    {store.Batch{Expected: 4, Snapshot: &entity.Snapshot{Sequence: 4}}, "snapshot of 4"},
		"short retention":   {store.Batch{Delete: &entity.Delete{Retention: -1}}, "keeps its events for -1ns"},
		"record for ever":   {store.Batch{Beside: store.Beside{Records: []store.Record{{Key: "k"}}}}, "without an end"},
		"record of no key":  {store.Batch{Beside: store.Beside{Records: []store.Record{{Expires: time.Now()}}}}, "without a key"},
		"effect of no id":   {store.Batch{Beside: store.Beside{Effects: []store.Effect{{Stored: time.Now()}}}}, "without an id"},
		"effect of no time": {store.Batch{Beside: store.Beside{Effects: []store.Effect{{ID: "e"}}}}, "without the time"},
		"negative sequence": {store.Batch{Expected: -1, Events: events}, "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.batch.Validate()
			if (err == nil) != (test.want == "") {
				t.Fatalf("Validate() = %v, want an error with %q", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate() = %q, want it to hold %q", err, test.want)
			}
		})
	}
}

func TestChangeValidate(t *testing.T) {
	t.Parallel()
	value := &anypb.Any{}
	beside := store.Beside{Records: []store.Record{{Key: "k", Expires: time.Now()}}}
	for name, test := range map[string]struct {
		change store.Change
		want   string
	}{
		"update":             {store.Change{Actions: 2, Update: value, ExpireAfter: time.Second}, ""},
		"delete":             {store.Change{Expected: 3, Actions: 1}, ""},
		"a record":           {store.Change{Expected: 3, Beside: beside}, ""},
		"no change":          {store.Change{Expected: 3}, "changes nothing"},
		"negative revision":  {store.Change{Expected: -1, Actions: 1}, "-1"},
		"negative actions":   {store.Change{Actions: -1}, "-1"},
		"negative time":      {store.Change{Actions: 1, Update: value, ExpireAfter: -1}, "-1ns"},
		"value of no action": {store.Change{Update: value, Beside: beside}, "no action"},
		"delete that ends":   {store.Change{Actions: 1, ExpireAfter: 1}, "expires"},
		"a broken record":    {store.Change{Actions: 1, Beside: store.Beside{Records: []store.Record{{}}}}, "without a key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.change.Validate()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate() = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestRefusalsSayOfWhat(t *testing.T) {
	t.Parallel()
	id := store.ID{Persistence: "cart", Entity: "1"}
	if err := store.Deleted(id); !errors.Is(err, store.ErrDeleted) || !strings.Contains(err.Error(), id.String()) {
		t.Errorf("Deleted() = %v", err)
	}
	err := store.OtherKind("cart", "value", "action")
	if !errors.Is(err, store.ErrKind) || !strings.HasSuffix(err.Error(), `under "cart" are entities of the kind value, not action`) {
		t.Errorf("OtherKind() = %v", err)
	}
}

func TestConflictSaysWhichEntityAndWhere(t *testing.T) {
	t.Parallel()
	err := store.Conflict(store.ID{Persistence: "cart", Entity: "a/b"}, 3, 5)
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("%v is not ErrConflict", err)
	}
	if want := `"cart"/"a/b" is at 5, not at 3`; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Conflict() = %q, want it to end in %q", err, want)
	}
}
