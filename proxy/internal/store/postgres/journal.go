package postgres

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// How many rows are read at once: first a few, then as many as are about so many bytes.
// Between two pages no connection is held, so that a slow reader keeps nobody from
// theirs.
const (
	pageSize    = 128
	largestPage = 4096
	pageBytes   = 256 << 10
	// mostBytes is where a page ends that has become far larger than the one before.
	mostBytes = 4 << 20
)

// Append stores the batch, together with those of other entities that come meanwhile.
func (s *Store) Append(ctx context.Context, id store.ID, batch store.Batch) error {
	if err := batch.Validate(); err != nil {
		return err
	}
	w, err := newAppend(id, batch)
	if err != nil {
		return err
	}
	return s.put(ctx, w)
}

// Snapshot stores a snapshot that stands alone.
func (s *Store) Snapshot(ctx context.Context, id store.ID, fence store.Fence, snapshot entity.Snapshot) error {
	w, err := newSnapshot(id, fence, snapshot)
	if err != nil {
		return err
	}
	return s.put(ctx, w)
}

// Load reads the head, and then the events up to it: they never change.
func (s *Store) Load(ctx context.Context, id store.ID, begin func(store.Head) error, event func(entity.Event) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	key := keyOf(id)
	head, err := s.head(ctx, id, key)
	if err != nil {
		return err
	}
	if err := begin(head); err != nil {
		return err
	}
	if head.Deleted {
		return nil
	}
	at := int64(0)
	if head.Snapshot != nil {
		at = head.Snapshot.Sequence
	}
	for size := pageSize; at < head.Last; {
		rows, err := s.page(ctx, key, at, head.Last, size)
		if err != nil {
			return fmt.Errorf("load %v: %w", id, err)
		}
		if at, err = s.pass(ctx, id, key, at, rows, event); err != nil {
			return err
		}
		bytes := sizeOf(rows)
		if len(rows) < size && bytes < mostBytes && at < head.Last {
			return s.missing(ctx, id, at)
		}
		size = nextPage(len(rows), bytes)
	}
	return nil
}

// sizeOf returns how many bytes the rows have.
func sizeOf(rows []eventRow) (bytes int) {
	for i := range rows {
		bytes += rows[i].size()
	}
	return bytes
}

// nextPage returns how many rows to read after so many, of so many bytes.
func nextPage(rows, bytes int) int {
	return min(max(rows*pageBytes/max(bytes, 1), 1), 2*rows, largestPage)
}

// head reads what there is besides the events, once no write of the entity is open.
func (s *Store) head(ctx context.Context, id store.ID, key []byte) (store.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	leave, err := s.gates.enter(ctx, id, s.closing)
	if err != nil {
		return store.Head{}, err
	}
	defer leave()
	var head store.Head
	var sequence, sum *int64
	var kind, payload []byte
	err = s.reads.QueryRow(ctx, `
		SELECT coalesce(d.last, (SELECT max(e.sequence) FROM stateward.event e WHERE e.entity = k.entity), 0), d.last IS NOT NULL,
			s.sequence, s.type, s.payload, s.checksum
		FROM (SELECT $1::bytea AS entity) k
		LEFT JOIN stateward.deletion d ON d.entity = k.entity LEFT JOIN stateward.snapshot s ON s.entity = k.entity`,
		key).Scan(&head.Last, &head.Deleted, &sequence, &kind, &payload, &sum)
	if err != nil {
		return store.Head{}, fmt.Errorf("load %v: %w", id, err)
	}
	if sequence == nil || head.Deleted {
		return head, nil
	}
	if checksum(key, *sequence, nil, kind, payload) != *sum {
		return store.Head{}, corrupt(id, errors.New("its snapshot has another checksum"))
	}
	if *sequence > head.Last {
		return store.Head{}, corrupt(id, fmt.Errorf("its snapshot covers the sequence %d, and its last is %d", *sequence, head.Last))
	}
	head.Snapshot = &entity.Snapshot{Sequence: *sequence, State: &anypb.Any{TypeUrl: string(kind), Value: payload}}
	return head, nil
}

// page reads so many events behind the sequence, in order, none behind the last; fewer
// where they have too many bytes.
func (s *Store) page(ctx context.Context, key []byte, after, last int64, size int) (page []eventRow, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	rows, err := s.reads.Query(ctx, `
		SELECT sequence, time, checksum, type, payload, metadata FROM stateward.event
		WHERE entity = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4`, key, after, last, size)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for bytes := 0; rows.Next(); {
		var r eventRow
		if err := rows.Scan(&r.sequence, &r.time, &r.checksum, &r.kind, &r.payload, &r.metadata); err != nil {
			return nil, err
		}
		page = append(page, r)
		if bytes += r.size(); bytes >= mostBytes {
			cancel() // ends the connection too, for what it still carries may be much more
			return page, nil
		}
	}
	return page, rows.Err()
}

// pass passes on the rows, the first of which follows the sequence, and returns the
// sequence of the last.
func (s *Store) pass(
	ctx context.Context, id store.ID, key []byte, at int64, rows []eventRow, each func(entity.Event) error,
) (int64, error) {
	for i := range rows {
		if rows[i].sequence != at+1 {
			return at, s.missing(ctx, id, at)
		}
		event, err := rows[i].event(key)
		if err != nil {
			return at, corrupt(id, err)
		}
		if err := each(event); err != nil {
			return at, err
		}
		if err := s.mayGoOn(ctx); err != nil {
			return at, err
		}
		at++
	}
	return at, nil
}

// missing returns why there is no event behind the sequence, where one should be:
// the entity may have been deleted, and its events gone, since the load began.
func (s *Store) missing(ctx context.Context, id store.ID, at int64) error {
	head, err := s.head(ctx, id, keyOf(id))
	switch {
	case err != nil:
		return err
	case head.Deleted:
		return store.Deleted(id)
	default:
		return corrupt(id, fmt.Errorf("it lacks the event %d", at+1))
	}
}

func (s *Store) mayGoOn(ctx context.Context) error {
	select {
	case <-s.closing:
		return store.ErrClosed
	default:
		return ctx.Err()
	}
}
