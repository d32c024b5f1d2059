package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Effects reads page by page, and holds no connection between two of them.
func (s *Store) Effects(ctx context.Context, each func(store.Effect) error) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	after, first := []byte{}, true
	for {
		effects, err := s.effects(ctx, after, first)
		if err != nil {
			return fmt.Errorf("read the effects: %w", err)
		}
		for _, effect := range effects {
			if err := each(effect); err != nil {
				return err
			}
			if err := s.mayGoOn(ctx); err != nil {
				return err
			}
		}
		if len(effects) < pageSize {
			return nil
		}
		after, first = []byte(effects[pageSize-1].ID), false
	}
}

// effects reads some effects behind the id, or from the first.
func (s *Store) effects(ctx context.Context, after []byte, first bool) ([]store.Effect, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	rows, err := s.reads.Query(ctx, `
		SELECT f.id, n.persistence, n.key, f.body, f.stored, f.parked, f.attempts, f.code, f.text
		FROM stateward.effect f JOIN stateward.entity n USING (entity)
		WHERE f.id > $1 OR $2 ORDER BY f.id LIMIT $3`, after, first, pageSize)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Effect, error) {
		var id, persistence, entity, text []byte
		var stored int64
		var parked *int64
		var effect store.Effect
		var parking store.Parking
		if err := row.Scan(&id, &persistence, &entity, &effect.Body, &stored, &parked, &parking.Attempts, &parking.Code, &text); err != nil {
			return effect, err
		}
		effect.ID, effect.Stored = string(id), timeOf(&stored)
		effect.Source = store.ID{Persistence: string(persistence), Entity: string(entity)}
		if parked != nil {
			parking.At, parking.Text = timeOf(parked), string(text)
			effect.Parked = &parking
		}
		return effect, nil
	})
}

// Delivered removes the effect.
func (s *Store) Delivered(ctx context.Context, source store.ID, effect string) error {
	return s.alone(ctx, "effect "+effect, `DELETE FROM stateward.effect WHERE id = $1 AND entity = $2`, []byte(effect), keyOf(source))
}

// Park parks the effect, or has it tried again.
func (s *Store) Park(ctx context.Context, source store.ID, effect string, parking *store.Parking) error {
	if parking == nil {
		return s.alone(ctx, "effect "+effect, `
			UPDATE stateward.effect SET parked = NULL, attempts = 0, code = 0, text = '', stored = $3 WHERE id = $1 AND entity = $2`,
			[]byte(effect), keyOf(source), s.now())
	}
	return s.alone(ctx, "effect "+effect, `
		UPDATE stateward.effect SET parked = $3, attempts = $4, code = $5, text = $6 WHERE id = $1 AND entity = $2`,
		[]byte(effect), keyOf(source), parking.At.UnixNano(), parking.Attempts, parking.Code, present(parking.Text))
}
