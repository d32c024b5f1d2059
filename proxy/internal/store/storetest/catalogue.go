package storetest

import (
	"errors"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// entitiesInPages: each entity of a persistence id is found once, whatever it keeps, with
// each prefix and in pages of each size.
func (c trial) entitiesInPages() {
	keys := map[string][]string{} // by persistence id
	for i, id := range ids() {
		if i%7 > 0 {
			continue
		}
		keys[id.Persistence] = append(keys[id.Persistence], id.Entity)
		switch i % 3 {
		case 0:
			c.add(id, batch(0, "an event"))
		case 1:
			c.put(id, update(0, "a value"))
		default:
			c.save("a", store.Replica{ID: id, State: []byte("of a")})
			c.save("b", store.Replica{ID: id, State: []byte("of b")})
		}
	}
	for persistence, all := range keys {
		c.expectEntities(persistence, "", all)
		for _, prefix := range []string{"a", "a\x00", "\x00", "\xff", "long", "none"} {
			var want []string
			for _, key := range all {
				if strings.HasPrefix(key, prefix) {
					want = append(want, key)
				}
			}
			c.expectEntities(persistence, prefix, want)
		}
	}
	c.expectEntities("nobody's", "", nil)
}

// expectEntities fails the test unless just these are listed, in any order.
func (c trial) expectEntities(persistence, prefix string, want []string) {
	c.t.Helper()
	slices.Sort(want)
	for _, most := range []int{1, 2, 1000} {
		var got []string
		for after := ""; ; {
			page, next, err := c.store.Entities(c.t.Context(), persistence, prefix, after, most)
			if err != nil || len(page) > most || len(got) > len(want) {
				c.t.Fatalf("Entities(%q, %q, %q, %d) = %q, %v", persistence, prefix, after, most, page, err)
			}
			got = append(got, page...)
			if next == "" {
				break
			}
			after = next
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			c.t.Fatalf("Entities(%q, %q) in pages of %d are %q, want %q", persistence, prefix, most, got, want)
		}
	}
}

// historyIsWhole: a snapshot hides nothing of it.
func (c trial) historyIsWhole() {
	b := batch(0, "a", "b", "c", "d", "e")
	b.Snapshot = snapshot(4, "abcd")
	c.add(cartID(), b)
	c.add(store.ID{Persistence: "cart", Entity: "2"}, batch(0, "of another"))
	whole := events(1, "a", "b", "c", "d", "e")
	for _, part := range [][2]int64{{1, 5}, {2, 3}, {5, 5}, {0, 1}, {4, 9}, {6, 9}, {3, 2}} {
		var want, got []entity.Event
		for _, event := range whole {
			if event.Sequence >= part[0] && event.Sequence <= part[1] {
				want = append(want, event)
			}
		}
		err := c.store.History(c.t.Context(), cartID(), part[0], part[1], func(event entity.Event) error {
			got = append(got, event)
			return nil
		})
		if err != nil || !slices.EqualFunc(got, want, sameEvent) {
			c.t.Errorf("the history from %d to %d is %v, %v", part[0], part[1], got, err)
		}
	}
	stop, passed := errors.New("stop"), 0
	err := c.store.History(c.t.Context(), cartID(), 1, 5, func(entity.Event) error {
		passed++
		return stop
	})
	if !errors.Is(err, stop) || passed != 1 {
		c.t.Errorf("after an error %d were passed on, and it gave %v", passed, err)
	}
}

// figuresAreNamed: there are some, each with a name of its own.
func (c trial) figuresAreNamed() {
	c.add(cartID(), batch(0, "a"))
	figures, err := c.store.Figures(c.t.Context())
	if err != nil || len(figures) == 0 {
		c.t.Fatalf("Figures = %v, %v", figures, err)
	}
	names := map[string]bool{}
	for _, figure := range figures {
		if figure.Name == "" || names[figure.Name] || figure.Value < 0 {
			c.t.Errorf("a figure is %+v", figure)
		}
		names[figure.Name] = true
	}
}
