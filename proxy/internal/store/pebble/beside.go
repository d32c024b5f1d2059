package pebble

import (
	"context"

	"github.com/stateward/stateward/proxy/internal/store"
)

// besideSize is how many bytes callers gave of it.
func besideSize(beside store.Beside) int {
	size := 0
	for _, record := range beside.Records {
		size += len(record.Key) + len(record.Command) + len(record.Answer)
	}
	for _, effect := range beside.Effects {
		size += len(effect.ID) + len(effect.Body)
	}
	return size
}

// beside adds what the write of the entity carries.
func (w *writes) beside(id store.ID, prefix []byte, beside store.Beside) {
	for _, record := range beside.Records {
		key := answerKey(prefix, record.Key)
		w.set(key, encodeAnswer(key, record))
		w.due(due{at: record.Expires, id: id, kind: kindAnswer, key: record.Key})
	}
	for _, effect := range beside.Effects {
		effect.Source = id
		key := effectKey(effect.ID)
		w.set(key, encodeEffect(key, effect))
	}
}

// due adds what Sweep is to find.
func (w *writes) due(d due) {
	key := dueKey(d)
	w.set(key, seal(key, nil))
}

// Record reads the record under the key.
func (s *Store) Record(ctx context.Context, id store.ID, key string) (store.Record, bool, error) {
	record, found, err := read(ctx, s, id, "record", answerKey(appendPrefix(nil, id), key), decodeAnswer)
	if err != nil || !found || !s.clock().Before(record.Expires) {
		return store.Record{}, false, err
	}
	record.Key = key
	return record, true, nil
}
