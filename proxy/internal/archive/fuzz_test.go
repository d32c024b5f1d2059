package archive

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// seeds are items of every type.
func seeds() []store.Item {
	id, at := store.ID{Persistence: "cart", Entity: "1"}, time.Unix(1, 2)
	payload := &anypb.Any{TypeUrl: "t/T", Value: []byte("value")}
	return []store.Item{
		store.Start{Epoch: 1, Offset: 1 << 40},
		store.KindItem{Persistence: "cart", Kind: "kind"},
		store.EventItem{ID: id, Offset: 1, Event: entity.Event{Sequence: 1, Payload: payload, Time: at}},
		store.SnapshotItem{ID: id, Snapshot: entity.Snapshot{Sequence: 1, State: payload}},
		store.DeletionItem{ID: id, Last: 1},
		store.PurgeItem{ID: id, At: at},
		store.ValueItem{ID: id, Value: store.Value{Revision: 1, Value: payload, Ends: at}},
		store.RecordItem{ID: id, Record: store.Record{Key: "k", Command: "c", Answer: []byte("a"), Expires: at}},
		store.EffectItem{Effect: store.Effect{ID: "e", Source: id, Body: []byte("b"), Stored: at, Parked: &store.Parking{At: at, Code: -1}}},
		store.CopyItem{Node: "n", Replica: store.Replica{ID: id, State: []byte("s")}},
		store.DamageItem{Of: "it", What: "why"},
	}
}

// FuzzArchive reads anything, in memory that what it is given bounds; what it reads to
// the end is what it would write.
func FuzzArchive(f *testing.F) {
	for _, compress := range []bool{false, true} {
		var out bytes.Buffer
		w, err := NewWriter(&out, About{}, compress)
		for _, item := range seeds() {
			err = errors.Join(err, w.Put(item))
		}
		if err := errors.Join(err, w.Close()); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
		f.Add(out.Bytes()[:out.Len()/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		defer r.Close()
		var again bytes.Buffer
		w, err := NewWriter(&again, r.About(), false)
		if err != nil {
			t.Fatal(err)
		}
		for {
			item, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return
			}
			if err := w.Put(item); err != nil {
				t.Fatalf("%v is read and cannot be written: %v", item, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := NewReader(&again); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzItem reads a body of any type, whose checksum would fit. What it takes, it writes so
// that it is read as the same.
func FuzzItem(f *testing.F) {
	for _, item := range seeds() {
		frame, body, err := encode(nil, item)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame, body)
	}
	f.Fuzz(func(t *testing.T, frame byte, body []byte) {
		item, err := decode(frame, body)
		if err != nil {
			return
		}
		again, written, err := encode(nil, item)
		if err != nil || again != frame {
			t.Fatalf("%v of the type %#02x is written as %#02x, %v", item, frame, again, err)
		}
		same, err := decode(again, written)
		if err != nil {
			t.Fatalf("%v is written, and cannot be read: %v", item, err)
		}
		if _, twice, err := encode(nil, same); err != nil || !bytes.Equal(twice, written) {
			t.Fatalf("%v is read as %v (%v)", item, same, err)
		}
	})
}
