package storetest

import (
	"errors"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/store"
)

// save fails the test unless the node's copies are saved.
func (c trial) save(node string, replicas ...store.Replica) {
	c.t.Helper()
	if err := c.store.Save(c.t.Context(), node, replicas); err != nil {
		c.t.Fatalf("Save(%q): %v", node, err)
	}
}

// expectReplica fails the test unless just these states are passed on, in any order.
func (c trial) expectReplica(id store.ID, want ...string) {
	c.t.Helper()
	var got []string
	err := c.store.Replica(c.t.Context(), id, func(state []byte) error {
		got = append(got, string(state))
		return nil
	})
	if err != nil {
		c.t.Fatalf("Replica(%v): %v", id, err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Fatalf("Replica(%v) passes on %q, want %q", id, got, want)
	}
}

func (c trial) replicasOfEachNode() {
	one, two := store.ID{Persistence: "presence", Entity: "1"}, store.ID{Persistence: "presence", Entity: "2"}
	c.expectReplica(one)
	c.save("a", store.Replica{ID: one, State: []byte("\x00 of a")}, store.Replica{ID: two, State: []byte("second of a")})
	c.save("b", store.Replica{ID: one, State: []byte("of b")})
	c.expectReplica(one, "\x00 of a", "of b")
	c.expectReplica(two, "second of a")

	c.save("a", store.Replica{ID: one, State: []byte("newer of a")})
	c.expectReplica(one, "newer of a", "of b")
	c.expectReplica(two, "second of a")
	c.expectReplica(store.ID{Persistence: "presence", Entity: "3"})
}

// kindIsOne: the first kind stays.
func (c trial) kindIsOne() {
	for _, persistence := range []string{"cart", "profile"} {
		if err := c.store.Kind(c.t.Context(), persistence, persistence+" kind"); err != nil {
			c.t.Fatalf("Kind: %v", err)
		}
	}
	for persistence, want := range map[string]string{"cart": "cart kind", "profile": "profile kind", "nobody": ""} {
		if kind, err := c.store.Stored(c.t.Context(), persistence); err != nil || kind != want {
			c.t.Errorf("Stored(%q) = %q, %v, want %q", persistence, kind, err, want)
		}
	}
	for range 2 {
		if err := c.store.Kind(c.t.Context(), "cart", "cart kind"); err != nil {
			c.t.Errorf("Kind as it is = %v", err)
		}
		err := c.store.Kind(c.t.Context(), "cart", "other kind")
		if !errors.Is(err, store.ErrKind) || !strings.Contains(err.Error(), "cart kind") ||
			!strings.Contains(err.Error(), "other kind") {
			c.t.Errorf("another Kind = %v, want ErrKind and both kinds", err)
		}
	}
}
