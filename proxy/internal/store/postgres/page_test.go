package postgres_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// Pages grow to what is about as many bytes as they should have, and to no more rows
// than that.
func TestNextPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ rows, bytes, want int }{
		{128, 0, 256},            // no faster than twofold
		{128, 128 * 200, 256},    //
		{1024, 1024 * 200, 1310}, // 256 KiB
		{1310, 1310 * 200, 1310}, // and there it stays
		{4096, 4096 * 10, 4096},  // at most
		{2000, 2000 * 2000, 131}, //
		{3, 6 << 20, 1},          // at least
		{1, 64 << 20, 1},         //
		{1, 100, 2},              // and from there it grows again
	} {
		if got := postgres.NextPage(test.rows, test.bytes); got != test.want {
			t.Errorf("after %d rows of %d bytes %d are read, want %d", test.rows, test.bytes, got, test.want)
		}
	}
}

// What is read at once has a bound in bytes, also where small events are followed by
// large ones; all are passed on.
func TestLargeEventsAfterSmallOnes(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{DSN: database(t)})
	fence, id := member(t, s, store.Node{ID: "n"}, 1), cart("1")
	const small, large, size = 1000, 30, 1 << 20
	batch := store.Batch{Fence: fence}
	for i := range small + large {
		payload := []byte{byte(i)}
		if i >= small {
			payload = append(payload, make([]byte, size)...)
		}
		batch.Events = append(batch.Events, entity.Event{Payload: &anypb.Any{Value: payload}})
	}
	if err := s.Append(t.Context(), id, batch); err != nil {
		t.Fatal(err)
	}
	rows, err := postgres.PageRows(t.Context(), s, id, small-1, small+large, 1000)
	if err != nil || rows != 1+4 {
		t.Errorf("a page of a small event and %d of 1 MiB has %d rows, %v, want 5", large, rows, err)
	}
	at := 0
	err = s.Load(t.Context(), id, func(store.Head) error { return nil }, func(event entity.Event) error {
		if got, want := event.Payload.GetValue(), batch.Events[at].Payload.GetValue(); len(got) != len(want) || got[0] != want[0] {
			t.Errorf("event %d has %d bytes and begins with %d, want %d and %d", at+1, len(got), got[0], len(want), want[0])
		}
		at++
		return nil
	})
	if err != nil || at != small+large {
		t.Errorf("Load passes on %d events, %v, want %d", at, err, small+large)
	}
}
