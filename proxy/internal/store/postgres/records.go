package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Record finds a record whose time is not over, once no write of the entity is open.
func (s *Store) Record(ctx context.Context, id store.ID, key string) (record store.Record, found bool, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		leave, err := s.gates.enter(ctx, id, s.closing)
		if err != nil {
			return err
		}
		defer leave()
		record, found, err = s.record(ctx, id, key)
		return err
	})
	return record, found, err
}

func (s *Store) record(ctx context.Context, id store.ID, key string) (store.Record, bool, error) {
	var command, digest []byte
	var expires int64
	record := store.Record{Key: key}
	err := s.reads.QueryRow(ctx, `
		SELECT command, digest, answer, expires FROM stateward.record WHERE entity = $1 AND key = $2 AND expires > $3`,
		keyOf(id), present(key), s.now()).Scan(&command, &digest, &record.Answer, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return store.Record{}, false, nil
	}
	if err != nil {
		return store.Record{}, false, fmt.Errorf("read a record of %v: %w", id, err)
	}
	if copy(record.Digest[:], digest) != len(record.Digest) {
		return store.Record{}, false, corrupt(id, fmt.Errorf("a record with a digest of %d bytes", len(digest)))
	}
	record.Command, record.Expires = string(command), timeOf(&expires)
	return record, true, nil
}
