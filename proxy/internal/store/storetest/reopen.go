package storetest

import "testing"

// checkReopen opens one place again and again: what was appended is there.
func checkReopen(t *testing.T, backend Backend) {
	t.Helper()
	dir := t.TempDir()
	var payloads []string
	for i := range int64(3) {
		c := trial{t, backend.open(t, dir)}
		c.expect(cartID(), history{Events: events(1, payloads...)})
		c.add(cartID(), batch(i, "event"))
		payloads = append(payloads, "event")
		if err := c.store.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	c := trial{t, backend.open(t, dir)}
	b := batch(3, "last")
	b.Snapshot = snapshot(4, "state")
	c.add(cartID(), b)
	if err := c.store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	c = trial{t, backend.open(t, dir)}
	c.expect(cartID(), history{Snapshot: snapshot(4, "state")})
}
