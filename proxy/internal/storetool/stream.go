package storetool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Archive is one that is read once.
type Archive struct {
	file   io.Closer
	reader *archive.Reader
}

var _ store.Exporter = (*Archive)(nil)

// OpenArchive opens the file; "-" stands for the standard input. The caller closes the
// archive.
func OpenArchive(name string, stdin io.Reader) (*Archive, error) {
	from := io.NopCloser(stdin)
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		from = file
	}
	reader, err := archive.NewReader(from)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), from.Close())
	}
	return &Archive{file: from, reader: reader}, nil
}

// About says where it comes from.
func (a *Archive) About() archive.About { return a.reader.About() }

// Export passes on the items that the archive has, once. There is nothing twice in it.
func (a *Archive) Export(ctx context.Context, _ bool, each func(store.Item) error) error {
	return pass(ctx, a.reader, each)
}

// Close closes the file.
func (a *Archive) Close() error {
	a.reader.Close()
	return a.file.Close()
}

// pass passes on all items of the archive.
func pass(ctx context.Context, from *archive.Reader, each func(store.Item) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		item, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(item); err != nil {
			return err
		}
	}
}
