package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

func TestBatchValidate(t *testing.T) {
	t.Parallel()
	events := []entity.Event{{}}
	for name, test := range map[string]struct {
		batch store.Batch
		want  string
	}{
		"one event":         {store.Batch{Events: events}, ""},
		"no change":         {store.Batch{}, "changes nothing"},
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
