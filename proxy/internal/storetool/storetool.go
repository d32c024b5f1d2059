// Package storetool is what an operator does with a whole store: checks and measures it,
// copies it into an archive, and fills another from one.
package storetool

import (
	"context"
	"fmt"
	"io"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Backup writes all of the source into an archive. A source that is damaged, or fails, makes
// none: the error is told in the archive too, for whoever reads it as it comes.
func Backup(ctx context.Context, from store.Exporter, to io.Writer, about archive.About, compress bool, progress *Progress) error {
	w, err := archive.NewWriter(to, about, compress)
	if err != nil {
		return err
	}
	err = from.Export(ctx, false, func(item store.Item) error {
		if damage, is := item.(store.DamageItem); is {
			return fmt.Errorf("a copy would not be whole: %w", damage.Err())
		}
		progress.count(item)
		return w.Put(item)
	})
	if err != nil {
		_ = w.Fail(err) // whoever does not get it sees that there is no end
		return err
	}
	return w.Close()
}

// Restore has an empty store filled with all of the source.
func Restore(ctx context.Context, from store.Exporter, into func(context.Context, store.Fill) error, progress *Progress) error {
	return into(ctx, func(put func(store.Item) error) error {
		return from.Export(ctx, false, func(item store.Item) error {
			progress.count(item)
			return put(item)
		})
	})
}
