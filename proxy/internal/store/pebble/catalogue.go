package pebble

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// place begins what is behind an entity in the list.
const place = "+"

// Entities reads keys in their order, by one seek for each entity.
func (s *Store) Entities(ctx context.Context, persistence, prefix, after string, most int) (keys []string, next string, err error) {
	if err := s.begin(); err != nil {
		return nil, "", err
	}
	defer s.calls.Done()
	for _, space := range []byte{spaceEntities, spaceReplicas} { // A persistence id is in one of them.
		found, err := s.keys(ctx, space, persistence, prefix, after, most+1)
		if err != nil {
			return nil, "", err
		}
		keys = append(keys, found...)
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) <= most {
		return keys, "", nil
	}
	keys = keys[:most]
	return keys, place + keys[most-1], nil
}

// keys reads keys of one space.
func (s *Store) keys(ctx context.Context, space byte, persistence, prefix, after string, most int) (keys []string, err error) {
	all := appendString([]byte{space}, persistence)
	begun := appendString(slices.Clone(all), prefix)
	begun = begun[:len(begun)-2] // without the end of the string
	iter, err := s.iterate(begun, behind(begun))
	if err != nil {
		return nil, s.explain("list", listed(persistence), err)
	}
	defer func() { err = release(err, iter) }()
	from := begun
	if last, is := strings.CutPrefix(after, place); is {
		if past := pastEntity(all, last); bytes.Compare(past, from) > 0 {
			from = past
		}
	}
	for found := iter.SeekGE(from); found && len(keys) < most; found = iter.SeekGE(pastEntity(all, keys[len(keys)-1])) {
		key, _, err := parseString(iter.Key()[len(all):])
		if err != nil {
			return nil, corrupt(listed(persistence), fmt.Errorf("the key % x: %w", iter.Key(), err))
		}
		keys = append(keys, key)
		if err := s.mayGoOn(ctx); err != nil {
			return nil, err
		}
	}
	if err := iter.Error(); err != nil {
		return nil, s.explain("list", listed(persistence), err)
	}
	return keys, nil
}

// pastEntity returns what is above the keys of all records of the entity, and of no entity
// behind it. All is what those of the persistence id begin with.
func pastEntity(all []byte, entity string) []byte {
	key := appendString(slices.Clone(all), entity)
	key[len(key)-1]++ // The end of a string is 00 01.
	return key
}

// behind returns what is above all that begins so; the prefix does not consist of ff alone.
func behind(prefix []byte) []byte {
	end := bytes.TrimRight(prefix, "\xff")
	end = slices.Clone(end)
	end[len(end)-1]++
	return end
}

// listed names the entities of a persistence id, in errors.
type listed string

func (l listed) String() string { return fmt.Sprintf("the entities of %q", string(l)) }

// History reads the events by one iterator, which sees one moment.
func (s *Store) History(ctx context.Context, id store.ID, first, last int64, each func(entity.Event) error) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil || first > last {
		return err
	}
	prefix := appendPrefix(nil, id)
	iter, err := s.iterate(eventKey(prefix, max(first, 1)), append(eventKey(prefix, max(last, 0)), 0))
	if err != nil {
		return s.explain("read the events of", id, err)
	}
	defer func() { err = release(err, iter) }()
	for iter.First(); iter.Valid(); iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return s.explain("read the events of", id, err)
		}
		_, sequence, err := parseSuffix(iter.Key()[len(prefix):])
		if err != nil {
			return corrupt(id, err)
		}
		event, _, err := decodeEvent(iter.Key(), value)
		if err != nil {
			return corrupt(id, fmt.Errorf("its event %d: %w", sequence, err))
		}
		event.Sequence = sequence
		if err := each(event); err != nil {
			return err
		}
		if err := s.mayGoOn(ctx); err != nil {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return s.explain("read the events of", id, err)
	}
	return nil
}

// Figures asks pebble, which knows what its files hold by their sizes.
func (s *Store) Figures(ctx context.Context) ([]store.Figure, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	metrics := s.db.Metrics()
	figures := []store.Figure{
		{Name: "on disk", Value: int64(metrics.DiskSpaceUsage()), Bytes: true},
		{Name: "write-ahead log", Value: int64(metrics.WAL.Size), Bytes: true},
		{Name: "tables in memory", Value: int64(metrics.MemTable.Size), Bytes: true},
		{Name: "read amplification", Value: int64(metrics.ReadAmp())},
		{Name: "compactions", Value: metrics.Compact.Count},
	}
	for _, part := range []struct {
		name  string
		space byte
	}{
		{"entities", spaceEntities}, {"replicated entities", spaceReplicas}, {"event log", spaceLog}, {"durable side effects", spaceEffects},
	} {
		size, err := s.db.EstimateDiskUsage([]byte{part.space}, []byte{part.space + 1})
		if err != nil {
			return nil, s.explain("measure", theStore, err)
		}
		figures = append(figures, store.Figure{Name: part.name, Value: int64(size), Bytes: true, Estimated: true})
	}
	return figures, nil
}
