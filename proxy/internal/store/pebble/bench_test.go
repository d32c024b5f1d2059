package pebble_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// eventSize is the payload of an event, in bytes.
const eventSize = 200

// rawLog is the least that a durable store can do: a file that is appended to
// and synced, for all that wait together.
type rawLog struct {
	file *os.File

	mu      sync.Mutex
	pending []byte
	waiting []chan error
	writing bool
}

// append returns when the record is durable. The first to come writes for those
// that come while the file is synced.
func (l *rawLog) append(record []byte) error {
	done := make(chan error, 1)
	l.mu.Lock()
	l.pending = append(l.pending, record...)
	l.waiting = append(l.waiting, done)
	lead := !l.writing
	l.writing = true
	l.mu.Unlock()
	if lead {
		l.write()
	}
	return <-done
}

func (l *rawLog) write() {
	for {
		l.mu.Lock()
		data, waiting := l.pending, l.waiting
		l.pending, l.waiting = nil, nil
		l.writing = len(waiting) > 0
		l.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		_, err := l.file.Write(data)
		if err == nil {
			err = l.file.Sync()
		}
		for _, done := range waiting {
			done <- err
		}
	}
}

// BenchmarkAppend appends one event at a time, each writer to an entity of its
// own, and the same bytes to a raw log. "of-raw" is the store's rate as a share
// of the raw log's; both ran in turns within this benchmark.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			dir := b.TempDir()
			file, err := os.Create(filepath.Join(dir, "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			raw := &rawLog{file: file}
			s := benchStore(b, filepath.Join(dir, "data"))
			record := make([]byte, eventSize)
			event := []entity.Event{{Payload: &anypb.Any{TypeUrl: "type.googleapis.com/bench.Event", Value: record}}}
			next := make([]int64, writers)

			const turns = 8
			var rawTime, storeTime time.Duration
			for turn := range turns {
				n := b.N*(turn+1)/turns - b.N*turn/turns
				b.StopTimer()
				rawTime += share(b, writers, n, func(int) error { return raw.append(record) })
				b.StartTimer()
				storeTime += share(b, writers, n, func(writer int) error {
					id := store.ID{Persistence: "bench", Entity: strconv.Itoa(writer)}
					next[writer]++
					return s.Append(b.Context(), id, store.Batch{Expected: next[writer] - 1, Events: event})
				})
			}
			b.ReportMetric(float64(b.N)/storeTime.Seconds(), "appends/s")
			b.ReportMetric(rawTime.Seconds()/storeTime.Seconds(), "of-raw")
		})
	}
}

// share lets the writers do the work n times together, and returns how long it took.
func share(b *testing.B, writers, n int, work func(writer int) error) time.Duration {
	b.Helper()
	start := time.Now()
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for range n*(writer+1)/writers - n*writer/writers {
				if err := work(writer); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

// BenchmarkLoad loads an entity of 1,000 events, and one of as many of which a
// snapshot covers all but ten.
func BenchmarkLoad(b *testing.B) {
	s := benchStore(b, filepath.Join(b.TempDir(), "data"))
	payload := &anypb.Any{TypeUrl: "type.googleapis.com/bench.Event", Value: make([]byte, eventSize)}
	events := make([]entity.Event, 1000)
	for i := range events {
		events[i].Payload = payload
	}
	whole, covered := store.ID{Persistence: "bench", Entity: "whole"}, store.ID{Persistence: "bench", Entity: "covered"}
	for _, write := range []struct {
		id    store.ID
		batch store.Batch
	}{
		{whole, store.Batch{Events: events}},
		{covered, store.Batch{Events: events[:990], Snapshot: &entity.Snapshot{Sequence: 990, State: payload}}},
		{covered, store.Batch{Expected: 990, Events: events[:10]}},
	} {
		if err := s.Append(b.Context(), write.id, write.batch); err != nil {
			b.Fatal(err)
		}
	}
	for name, load := range map[string]struct {
		id   store.ID
		want int
	}{"events=1000": {whole, 1000}, "events=10-after-snapshot": {covered, 10}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := count(b.Context(), b, s, load.id); got != load.want {
					b.Fatalf("Load passes on %d events", got)
				}
			}
			b.ReportMetric(float64(load.want)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func count(ctx context.Context, b *testing.B, s store.Journal, id store.ID) int {
	b.Helper()
	n := 0
	err := s.Load(ctx, id, func(store.Head) error { return nil }, func(entity.Event) error { n++; return nil })
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func benchStore(b *testing.B, dir string) *pebble.Store {
	b.Helper()
	s, err := pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}
