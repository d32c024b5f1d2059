package postgres

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/shard"
	"github.com/stateward/stateward/proxy/internal/store"
)

const (
	// importRows is how many rows, and importSize how many bytes, are copied at once.
	importRows, importSize = 4096, 4 << 20
)

// Import makes the tables where there are none, and fills them in one transaction: all is
// there when it returns nil, and nothing otherwise. It refuses a database that holds
// anything, or that a proxy is at work on, with store.ErrOccupied.
func Import(ctx context.Context, config Config, fill store.Fill) error {
	config, err := config.validate()
	if err != nil {
		return err
	}
	pool, err := config.open(ctx, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrate(ctx, config, pool); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := occupy(ctx, tx); err != nil {
			return err
		}
		i := newImporter(ctx, tx)
		err := fill(func(item store.Item) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return i.put(item)
		})
		if err != nil {
			return err
		}
		return i.end()
	})
}

// filled are the tables in which a store that is not empty has rows.
const filled = "entity event snapshot deletion value record effect replica kind"

// occupy keeps everybody else from writing, and refuses a database that is in use. Who
// waits for a row meanwhile gets what there is after the transaction.
func occupy(ctx context.Context, tx pgx.Tx) error {
	tables := strings.Fields(filled)
	_, err := tx.Exec(ctx, `
		LOCK TABLE stateward.`+strings.Join(tables, ", stateward.")+`, stateward.shard, stateward.node, stateward.log IN EXCLUSIVE MODE;
		SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`)
	if err != nil {
		return fmt.Errorf("have the tables alone: %w", err)
	}
	var working []string
	if err := tx.QueryRow(ctx, `SELECT array_agg(id) FROM stateward.node WHERE lease_until > clock_timestamp()`).Scan(&working); err != nil {
		return err
	}
	if len(working) > 0 {
		return fmt.Errorf("%w: %d proxies are at work on this database; nothing was changed: stop them first", store.ErrOccupied, len(working))
	}
	var holding []string
	for _, table := range tables {
		var some bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM stateward.`+table+`)`).Scan(&some); err != nil {
			return err
		}
		if some {
			holding = append(holding, "stateward."+table)
		}
	}
	if len(holding) > 0 {
		return fmt.Errorf("%w: there are rows in %s; nothing was changed: choose an empty database",
			store.ErrOccupied, strings.Join(holding, ", "))
	}
	return nil
}

// copied is the rows of one table that are still to be copied.
type copied struct {
	columns []string
	rows    [][]any
}

// importer copies what is put into the tables, some rows at once.
type importer struct {
	ctx   context.Context //nolint:containedctx // of the one call that it serves
	tx    pgx.Tx
	order store.Order

	names  map[string]store.ID // of the entities in the rows, by key
	tables map[string]*copied
	purges struct { // columns: whose purge, and when
		keys [][]byte
		at   []int64
	}
	rows, size int // of all of them
}

func newImporter(ctx context.Context, tx pgx.Tx) *importer {
	i := &importer{ctx: ctx, tx: tx, names: map[string]store.ID{}, tables: map[string]*copied{}}
	for table, columns := range map[string]string{
		"event":    "entity sequence persistence log_offset time checksum type payload metadata",
		"snapshot": "entity sequence checksum type payload",
		"deletion": "entity last",
		"value":    "entity revision ends checksum type payload",
		"record":   "entity key command digest answer expires",
		"effect":   "entity id body stored parked attempts code text",
		"replica":  "entity node state",
		"kind":     "id persistence kind",
	} {
		i.tables[table] = &copied{columns: strings.Fields(columns)}
	}
	return i
}

// put adds the item.
func (i *importer) put(item store.Item) error {
	if err := i.order.Next(item); err != nil {
		return err
	}
	switch item := item.(type) {
	case store.Start:
		return i.start(item)
	case store.KindItem:
		id := keyOf(store.ID{Persistence: item.Persistence})
		return i.row("kind", len(item.Kind), id, []byte(item.Persistence), []byte(item.Kind))
	case store.EventItem:
		return i.event(item)
	case store.SnapshotItem:
		key, kind, payload := i.key(item.ID), present(item.Snapshot.State.GetTypeUrl()), present(item.Snapshot.State.GetValue())
		sum := checksum(key, item.Snapshot.Sequence, nil, kind, payload)
		return i.row("snapshot", len(payload), key, item.Snapshot.Sequence, sum, kind, payload)
	case store.DeletionItem:
		return i.row("deletion", 0, i.key(item.ID), item.Last)
	case store.PurgeItem:
		i.purges.keys, i.purges.at = append(i.purges.keys, keyOf(item.ID)), append(i.purges.at, clamped(item.At))
		return i.grown(0)
	case store.ValueItem:
		return i.value(item)
	case store.RecordItem:
		r := item.Record
		return i.row("record", len(r.Answer), i.key(item.ID), present(r.Key), present(r.Command), r.Digest[:], present(r.Answer), clamped(r.Expires))
	case store.EffectItem:
		return i.effect(item.Effect)
	case store.CopyItem:
		return i.row("replica", len(item.Replica.State), i.key(item.Replica.ID), present(item.Node), present(item.Replica.State))
	default:
		return fmt.Errorf("an item of the type %T", item)
	}
}

// start leaves room above what the copy has given: each shard's epoch, and the offsets,
// which grow with the server's transactions.
func (i *importer) start(s store.Start) error {
	const last = 1<<63 - 1
	if s.Offset > last-2*store.OffsetRoom || s.Epoch > last-store.EpochRoom {
		return fmt.Errorf("the copy starts at the epoch %d and the offset %d: above them is no room left", s.Epoch, s.Offset)
	}
	_, err := i.tx.Exec(i.ctx, `
		INSERT INTO stateward.shard AS s (id, epoch) SELECT id, $1::bigint FROM generate_series(0, $2::int - 1) AS id
		ON CONFLICT (id) DO UPDATE SET owner = NULL, epoch = greatest(s.epoch, excluded.epoch)`,
		s.Epoch+store.EpochRoom, shard.Count)
	if err != nil {
		return err
	}
	_, err = i.tx.Exec(i.ctx, `
		UPDATE stateward.log SET base = greatest(base, ($1::bigint >> 18) + 1 - pg_snapshot_xmin(pg_current_snapshot())::text::bigint)`,
		s.Offset+store.OffsetRoom)
	return err
}

// key returns what rows of the entity are found by, and keeps its name for them.
func (i *importer) key(id store.ID) []byte {
	key := keyOf(id)
	i.names[string(key)] = id
	return key
}

func (i *importer) event(e store.EventItem) error {
	key := i.key(e.ID)
	row, err := newEventRow(key, e.Event.Sequence, e.Event)
	if err != nil {
		return err
	}
	return i.row("event", row.size(), key, row.sequence, logOf(e.ID.Persistence), e.Offset, row.time, row.checksum,
		row.kind, row.payload, row.metadata)
}

func (i *importer) value(v store.ValueItem) error {
	key := i.key(v.ID)
	var ends *int64
	if !v.Value.Ends.IsZero() {
		end := clamped(v.Value.Ends)
		ends = &end
	}
	var kind, payload []byte
	var sum *int64
	if v.Value.Value != nil {
		kind, payload = present(v.Value.Value.GetTypeUrl()), present(v.Value.Value.GetValue())
		n := checksum(key, v.Value.Revision, ends, kind, payload)
		sum = &n
	}
	return i.row("value", len(payload), key, v.Value.Revision, ends, sum, kind, payload)
}

// clamped returns the time as rows have it; the first or the last one where it is beyond.
func clamped(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}

func (i *importer) effect(e store.Effect) error {
	parking := store.Parking{}
	var parked *int64
	if e.Parked != nil {
		parking = *e.Parked
		at := clamped(parking.At)
		parked = &at
	}
	return i.row("effect", len(e.Body), i.key(e.Source), present(e.ID), present(e.Body), clamped(e.Stored),
		parked, int64(parking.Attempts), parking.Code, present(parking.Text))
}

// row adds a row, of about so many bytes.
func (i *importer) row(table string, size int, columns ...any) error {
	t := i.tables[table]
	t.rows = append(t.rows, columns)
	return i.grown(size)
}

// grown copies what there is when that has become much.
func (i *importer) grown(size int) error {
	i.rows, i.size = i.rows+1, i.size+size
	if i.rows < importRows && i.size < importSize {
		return nil
	}
	return i.flush()
}

// flush copies all rows that have come, the purges of deletions behind these.
func (i *importer) flush() error {
	if err := i.flushNames(); err != nil {
		return err
	}
	for table, t := range i.tables {
		if len(t.rows) == 0 {
			continue
		}
		if _, err := i.tx.CopyFrom(i.ctx, pgx.Identifier{"stateward", table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("fill stateward.%s: %w", table, err)
		}
		t.rows = nil
	}
	_, err := i.tx.Exec(i.ctx, `
		UPDATE stateward.deletion d SET purge = p.purge
		FROM unnest($1::bytea[], $2::bigint[]) AS p (entity, purge) WHERE d.entity = p.entity`, i.purges.keys, i.purges.at)
	i.purges.keys, i.purges.at = nil, nil
	i.rows, i.size = 0, 0
	return err
}

func (i *importer) flushNames() error {
	var keys, persistences, entities [][]byte
	for key, id := range i.names {
		keys, persistences, entities = append(keys, []byte(key)), append(persistences, []byte(id.Persistence)), append(entities, []byte(id.Entity))
	}
	clear(i.names)
	_, err := i.tx.Exec(i.ctx, `
		INSERT INTO stateward.entity (entity, persistence, key)
		SELECT entity, persistence, key FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS n (entity, persistence, key)
		ON CONFLICT DO NOTHING`, keys, persistences, entities)
	return err
}

// end copies what is left, and checks what only the whole shows.
func (i *importer) end() error {
	if err := i.flush(); err != nil {
		return err
	}
	var beyond int64
	err := i.tx.QueryRow(i.ctx, `
		SELECT (SELECT count(*) FROM stateward.snapshot s
				WHERE s.sequence > coalesce((SELECT max(e.sequence) FROM stateward.event e WHERE e.entity = s.entity), 0))
			+ (SELECT count(*) FROM stateward.deletion d
				WHERE d.last < coalesce((SELECT max(e.sequence) FROM stateward.event e WHERE e.entity = d.entity), 0))`).Scan(&beyond)
	if err == nil && beyond > 0 {
		err = fmt.Errorf("%d snapshots or deletions of the copy do not fit their events", beyond)
	}
	return err
}
