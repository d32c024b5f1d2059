package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// eventSize is the payload of an event, in bytes.
const eventSize = 200

// raw is the least that a journal in the same server can do: rows like the store's,
// with its keys, inserted many at once for all that wait together. Nobody checks who may.
type raw struct {
	pool *pgxpool.Pool

	mu      sync.Mutex
	pending []rawRow
	writing bool
}

// rawRow is a row, and who waits for it.
type rawRow struct {
	entity   []byte // as long as the store's
	sequence int64
	payload  []byte
	done     chan error
}

func newRaw(b *testing.B, dsn string) *raw {
	b.Helper()
	pool, err := pgxpool.New(b.Context(), dsn+" pool_max_conns=16")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	if _, err = pool.Exec(b.Context(), `CREATE TABLE raw (LIKE stateward.event INCLUDING ALL)`); err != nil {
		b.Fatal(err)
	}
	return &raw{pool: pool}
}

// one inserts the row by itself.
func (r *raw) one(ctx context.Context, row rawRow) error {
	_, err := r.pool.Exec(ctx, `INSERT INTO raw VALUES ($1, $2, 7, 0, 'type', $3, 0, NULL, 0)`, row.entity, row.sequence, row.payload)
	return err
}

// many inserts the row together with those that come while others are inserted.
func (r *raw) many(ctx context.Context, row rawRow) error {
	row.done = make(chan error, 1)
	r.mu.Lock()
	r.pending = append(r.pending, row)
	lead := !r.writing
	r.writing = true
	r.mu.Unlock()
	if lead {
		go r.write(ctx)
	}
	return <-row.done
}

func (r *raw) write(ctx context.Context) {
	for {
		r.mu.Lock()
		rows := r.pending
		r.pending, r.writing = nil, len(rows) > 0
		r.mu.Unlock()
		if len(rows) == 0 {
			return
		}
		var entities, payloads [][]byte
		var sequences []int64
		for _, row := range rows {
			entities, sequences, payloads = append(entities, row.entity), append(sequences, row.sequence), append(payloads, row.payload)
		}
		_, err := r.pool.Exec(ctx, `
			INSERT INTO raw SELECT entity, sequence, 7, 0, 'type', payload, 0, NULL, 0
			FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS r (entity, sequence, payload)`, entities, sequences, payloads)
		for _, row := range rows {
			row.done <- err
		}
	}
}

// BenchmarkAppend appends one event at a time, each writer to an entity of its own,
// over many shards. "of-raw" is the store's rate as a share of that of plain inserts of
// many rows, "of-single" as a multiple of that of inserts of one row on 16 connections.
// All ran by turns on one server.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			dsn := database(b)
			s, r := open(b, postgres.Config{DSN: dsn}), newRaw(b, dsn)
			const shards = 64
			var fences []store.Fence
			if err := s.Join(b.Context(), store.Node{ID: "n"}, time.Hour); err != nil {
				b.Fatal(err)
			}
			for shard := range min(writers, shards) {
				fences = append(fences, claim(b, s, "n", int32(shard)))
			}
			payload := make([]byte, eventSize)
			events := []entity.Event{{Payload: &anypb.Any{TypeUrl: "type.googleapis.com/bench.Event", Value: payload}, Time: time.Now()}}
			next, rows, singles := make([]int64, writers), make([]int64, writers), make([]int64, writers)

			const turns = 4
			var storeTime, manyTime, oneTime time.Duration
			for turn := range turns {
				n := b.N*(turn+1)/turns - b.N*turn/turns
				b.StopTimer()
				manyTime += share(b, writers, n, func(writer int) error {
					rows[writer]++
					return r.many(b.Context(), rawRow{entity: digest("many", writer), sequence: rows[writer], payload: payload})
				})
				oneTime += share(b, writers, n, func(writer int) error {
					singles[writer]++
					return r.one(b.Context(), rawRow{entity: digest("one", writer), sequence: singles[writer], payload: payload})
				})
				b.StartTimer()
				storeTime += share(b, writers, n, func(writer int) error {
					id := store.ID{Persistence: "bench", Entity: strconv.Itoa(writer)}
					next[writer]++
					return s.Append(b.Context(), id, store.Batch{
						Fence: fences[writer%len(fences)], Expected: next[writer] - 1, Events: events,
					})
				})
			}
			b.ReportMetric(float64(b.N)/storeTime.Seconds(), "appends/s")
			b.ReportMetric(manyTime.Seconds()/storeTime.Seconds(), "of-raw")
			b.ReportMetric(oneTime.Seconds()/storeTime.Seconds(), "of-single")
		})
	}
}

func digest(what string, writer int) []byte {
	sum := sha256.Sum256(fmt.Append(nil, what, writer))
	return sum[:]
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
