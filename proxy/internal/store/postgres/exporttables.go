package postgres

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// events passes on the events, by entity and sequence. Of a deleted entity whose events
// are on their way out, those stay away that do not follow the one before.
func (e exporter) events(ctx context.Context) error {
	var row eventRow
	var log, offset, place int64 // place is that of the event before
	var deleted bool
	var of string
	return e.rows(ctx, "events", `
		SELECT`+named+`, d.last IS NOT NULL, t.sequence, t.persistence, t.log_offset, t.time, t.checksum, t.type, t.payload, t.metadata
		FROM stateward.event`+fromNamed+`LEFT JOIN stateward.deletion d USING (entity) ORDER BY t.entity, t.sequence`,
		func(n *name) []any {
			return n.targets(&deleted, &row.sequence, &log, &offset, &row.time, &row.checksum, &row.kind, &row.payload, &row.metadata)
		}, func(id store.ID) (store.Item, error) {
			if key := string(keyOf(id)); key != of {
				of, place = key, 0
			}
			before := place
			if deleted && row.sequence != before+1 {
				return nil, nil
			}
			place = row.sequence
			if row.sequence != before+1 {
				return nil, fmt.Errorf("after the event %d comes %d", before, row.sequence)
			}
			if log != logOf(id.Persistence) {
				return nil, fmt.Errorf("its event %d is in another log", row.sequence)
			}
			event, err := row.event([]byte(of))
			if err != nil {
				return nil, err
			}
			return store.EventItem{ID: id, Offset: offset, Event: event}, nil
		})
}

func (e exporter) snapshots(ctx context.Context) error {
	var sequence, sum, last int64
	var kind, payload []byte
	return e.rows(ctx, "snapshots", `
		SELECT`+named+`, t.sequence, t.checksum, t.type, t.payload,
			coalesce((SELECT max(v.sequence) FROM stateward.event v WHERE v.entity = t.entity), 0)
		FROM stateward.snapshot`+fromNamed+`LEFT JOIN stateward.deletion d USING (entity) WHERE d.last IS NULL ORDER BY t.entity`,
		func(n *name) []any { return n.targets(&sequence, &sum, &kind, &payload, &last) },
		func(id store.ID) (store.Item, error) {
			switch {
			case checksum(keyOf(id), sequence, nil, kind, payload) != sum:
				return nil, errors.New("its snapshot has another checksum")
			case sequence > last:
				return nil, fmt.Errorf("its snapshot covers the sequence %d, and its last is %d", sequence, last)
			}
			state := &anypb.Any{TypeUrl: string(kind), Value: payload}
			return store.SnapshotItem{ID: id, Snapshot: entity.Snapshot{Sequence: sequence, State: state}}, nil
		})
}

func (e exporter) deletions(ctx context.Context) error {
	var last int64
	var purge *int64
	targets := func(n *name) []any { return n.targets(&last, &purge) }
	sql := `SELECT` + named + `, t.last, t.purge FROM stateward.deletion` + fromNamed + `ORDER BY t.entity`
	err := e.rows(ctx, "deletions", sql, targets, func(id store.ID) (store.Item, error) {
		return store.DeletionItem{ID: id, Last: last}, nil
	})
	if err != nil {
		return err
	}
	return e.rows(ctx, "deletions", sql, targets, func(id store.ID) (store.Item, error) {
		if purge == nil {
			return nil, nil
		}
		return store.PurgeItem{ID: id, At: timeOf(purge)}, nil
	})
}

func (e exporter) values(ctx context.Context) error {
	var revision int64
	var ends, sum *int64
	var kind, payload []byte
	return e.rows(ctx, "values",
		`SELECT`+named+`, t.revision, t.ends, t.checksum, t.type, t.payload FROM stateward.value`+fromNamed+`ORDER BY t.entity`,
		func(n *name) []any { return n.targets(&revision, &ends, &sum, &kind, &payload) },
		func(id store.ID) (store.Item, error) {
			value := store.Value{Revision: revision, Ends: timeOf(ends)}
			if kind != nil {
				if sum == nil || checksum(keyOf(id), revision, ends, kind, payload) != *sum {
					return nil, errors.New("its value has another checksum")
				}
				value.Value = &anypb.Any{TypeUrl: string(kind), Value: payload}
			}
			return store.ValueItem{ID: id, Value: value}, nil
		})
}

func (e exporter) records(ctx context.Context) error {
	var key, command, digest, answer []byte
	var expires int64
	return e.rows(ctx, "records",
		`SELECT`+named+`, t.key, t.command, t.digest, t.answer, t.expires FROM stateward.record`+fromNamed+`ORDER BY t.entity, t.key`,
		func(n *name) []any { return n.targets(&key, &command, &digest, &answer, &expires) },
		func(id store.ID) (store.Item, error) {
			r := store.Record{Key: string(key), Command: string(command), Answer: answer, Expires: timeOf(&expires)}
			if len(digest) != len(r.Digest) {
				return nil, fmt.Errorf("its record %q has a digest of %d bytes", key, len(digest))
			}
			copy(r.Digest[:], digest)
			return store.RecordItem{ID: id, Record: r}, nil
		})
}

func (e exporter) effects(ctx context.Context) error {
	var id, body, text []byte
	var stored int64
	var parked *int64
	var parking store.Parking
	return e.rows(ctx, "effects",
		`SELECT`+named+`, t.id, t.body, t.stored, t.parked, t.attempts, t.code, t.text FROM stateward.effect`+fromNamed+`ORDER BY t.id`,
		func(n *name) []any {
			return n.targets(&id, &body, &stored, &parked, &parking.Attempts, &parking.Code, &text)
		},
		func(source store.ID) (store.Item, error) {
			effect := store.Effect{ID: string(id), Source: source, Body: body, Stored: timeOf(&stored)}
			if parked != nil {
				why := parking
				why.At, why.Text = timeOf(parked), string(text)
				effect.Parked = &why
			}
			return store.EffectItem{Effect: effect}, nil
		})
}

func (e exporter) copies(ctx context.Context) error {
	var node, state []byte
	return e.rows(ctx, "copies",
		`SELECT`+named+`, t.node, t.state FROM stateward.replica`+fromNamed+`ORDER BY t.entity, t.node`,
		func(n *name) []any { return n.targets(&node, &state) },
		func(id store.ID) (store.Item, error) {
			return store.CopyItem{Node: string(node), Replica: store.Replica{ID: id, State: state}}, nil
		})
}

// twice finds offsets that two events of a log have.
func (e exporter) twice(ctx context.Context) error {
	var log, offset, count int64
	sql := `SELECT persistence, log_offset, count(*) FROM stateward.event GROUP BY persistence, log_offset HAVING count(*) > 1`
	return e.query(ctx, "log", sql, []any{&log, &offset, &count}, func() error {
		return e.damaged(fmt.Sprintf("the log %016x at %d", uint64(log), offset), fmt.Errorf("%d events are there", count))
	})
}

// nameless finds names that stand under another key: what they name cannot be found.
func (e exporter) nameless(ctx context.Context) error {
	return e.rows(ctx, "names", `SELECT t.entity, t.persistence, t.key FROM stateward.entity t ORDER BY t.entity`,
		func(n *name) []any { return n.targets() },
		func(store.ID) (store.Item, error) { return nil, nil })
}
