package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

const (
	// committers is how many batches may be on their way to the database at once. With two
	// of them batches are smaller: a write then cost the server 1.4 times as much.
	committers = 1
	// maxWrites is how many writes one batch has at most, and how many wait for the next.
	maxWrites = 512
	// batchSize is with how many bytes, and batchEvents with how many events, a batch is
	// full.
	batchSize, batchEvents = 4 << 20, 4096
	// maxSize is the size of the largest write, in bytes of payloads. It is far above
	// what one gRPC message carries, and bounds memory.
	maxSize = 64 << 20
	// maxEvents is how many events one transaction has at most, for their offsets differ
	// in 18 bits (commit.sql).
	maxEvents = 1<<18 - batchEvents
)

// put sends the write on its way and waits until it is durable or refused. A write
// that its caller has left goes on: the entity's gate stays shut until it has ended.
func (s *Store) put(ctx context.Context, w *write) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, 2*s.limit)
	defer cancel()
	if w.leave, err = s.gates.enter(ctx, w.id, s.closing); err != nil {
		return err
	}
	w.ctx = ctx
	select {
	case s.queue <- w:
	case <-ctx.Done():
		w.leave()
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the outcome is unknown of a write to %v: %w", w.id, ctx.Err())
	}
}

// commitAll commits what comes, until the queue is closed and empty. While one batch
// is on its way the next one gathers.
func (s *Store) commitAll() {
	for first := range s.queue {
		s.commit(s.gather(first))
	}
}

// gather returns the write and those that wait behind it, as many as make a batch.
func (s *Store) gather(first *write) []*write {
	writes, size, events := []*write{first}, first.size, len(first.events)
	for len(writes) < maxWrites && size < batchSize && events < batchEvents {
		select {
		case w, open := <-s.queue:
			if !open {
				return writes
			}
			writes, size, events = append(writes, w), size+w.size, events+len(w.events)
		default:
			return writes
		}
	}
	return writes
}

// commit writes the batch and ends each write of it.
func (s *Store) commit(writes []*write) {
	writes = wanted(writes)
	if len(writes) == 0 {
		return
	}
	verdicts, b, err := s.insert(writes)
	switch {
	case err == nil:
		s.judge(writes, verdicts)
	case unsent(b, err):
		endAll(writes, err)
	case !refused(err):
		s.lose(writes, b, err)
	case len(writes) > 1 && single(err):
		s.commitEach(writes)
	case duplicate(err) && !writes[0].again:
		writes[0].again = true // what was in the way is visible by now
		s.commit(writes)
	case duplicate(err):
		endAll(writes, fmt.Errorf("%w: %w", store.ErrConflict, err))
	default:
		endAll(writes, err)
	}
}

// commitEach commits each write by itself, so that only the offender fails. Where a
// row of a shard is held too long, no other write waits for it again.
func (s *Store) commitEach(writes []*write) {
	held := map[int32]error{}
	for _, w := range writes {
		if err := held[w.fence.Shard]; err != nil {
			w.end(err)
			continue
		}
		if s.commit([]*write{w}); stuck(w.err) {
			held[w.fence.Shard] = w.err
		}
	}
}

// insert runs the statement. The backend is that of the connection, as far as there
// was one: where the error is not the server's own, it may go on.
func (s *Store) insert(writes []*write) (verdicts []*verdict, b backend, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	conn, err := s.writes.Acquire(ctx)
	if err != nil {
		return nil, b, err
	}
	defer conn.Release()
	sql, arguments := s.clauses.statement(columnsOf(writes, s.now()))
	rows, err := conn.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, backendOf(conn.Conn()), err
	}
	verdicts = make([]*verdict, len(writes))
	var place int32
	var v verdict
	_, err = pgx.ForEachRow(rows, []any{&place, &v.newest, &v.fenced, &v.deleted, &v.head, &v.taken}, func() error {
		one := v
		verdicts[place] = &one
		return nil
	})
	return verdicts, backendOf(conn.Conn()), err
}

// judge ends each write as the database has judged it. A shard that nobody has ever
// claimed gets a row, which can be held, and the write is tried again.
func (s *Store) judge(writes []*write, verdicts []*verdict) {
	for i, w := range writes {
		switch v := verdicts[i]; {
		case v != nil:
			w.end(w.refusal(*v))
		case w.again:
			w.end(fmt.Errorf("%w: nobody has claimed the shard %d", store.ErrFenced, w.fence.Shard))
		default:
			w.again = true
			if err := s.makeShard(w.fence.Shard); err != nil {
				w.end(err)
				continue
			}
			s.commit([]*write{w})
		}
	}
}

// makeShard makes the row of a shard that has none.
func (s *Store) makeShard(shard int32) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	_, err := s.writes.Exec(ctx, `INSERT INTO stateward.shard (id, epoch) VALUES ($1, 0) ON CONFLICT DO NOTHING`, shard)
	return err
}

// lose ends writes of which it is not known whether they are stored. Their callers
// learn that at once; their entities' gates stay shut until the server's process that
// had them is gone, for until then nobody knows.
func (s *Store) lose(writes []*write, b backend, err error) {
	for _, w := range writes {
		w.tell(fmt.Errorf("the outcome is unknown of a write to %v: %w", w.id, err))
	}
	if err := settle(s.life, s.writes, b, s.limit); err != nil {
		s.config.Log.Warn("it is not known whether the database still commits", "writes", len(writes), "error", err)
	}
	for _, w := range writes {
		w.leave()
	}
}

// wanted returns those that somebody still waits for. Of the others nothing is
// written.
func wanted(writes []*write) []*write {
	var left []*write
	for _, w := range writes {
		if err := w.ctx.Err(); err != nil {
			w.end(err)
			continue
		}
		left = append(left, w)
	}
	return left
}

func endAll(writes []*write, err error) {
	for _, w := range writes {
		w.end(fmt.Errorf("the write to %v was not taken: %w", w.id, err))
	}
}
