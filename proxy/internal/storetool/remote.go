package storetool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
)

// silence is how long a proxy may send nothing: it may have much to compare.
const silence = 10 * time.Minute

// Remote is the store of a running proxy, which copies it itself.
type Remote struct {
	// Client asks; nil for the standard one.
	Client *http.Client
	// Proxy is the URL of its admin port.
	Proxy string
	// Directory is where the store has to lie; empty where any will do.
	Directory string
}

var _ store.Exporter = Remote{}

// ErrOther says that the proxy which was asked has another store.
var ErrOther = errors.New("that proxy has another store")

// Export passes on what the proxy sends.
func (r Remote) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(silence, func() { cancel(fmt.Errorf("the proxy at %s has sent nothing for %v", r.Proxy, silence)) })
	defer alarm.Stop()
	response, err := r.ask(ctx, thorough)
	if err != nil {
		return explain(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read, or is of no use any more
	from, err := archive.NewReader(heard{response.Body, alarm})
	if err != nil {
		return explain(ctx, fmt.Errorf("what %s answers: %w", r.Proxy, err))
	}
	defer from.Close()
	return explain(ctx, pass(ctx, from, each))
}

// explain says why the context has ended, where that is the reason.
func explain(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// ask returns the answer, whose body is an archive.
func (r Remote) ask(ctx context.Context, thorough bool) (*http.Response, error) {
	address, err := url.JoinPath(r.Proxy, ExportPath)
	if err != nil {
		return nil, fmt.Errorf("%q is no URL of a proxy: %w", r.Proxy, err)
	}
	if thorough {
		address += "?" + thoroughly + "=true"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the proxy: %w", err)
	}
	if err := r.check(response); err != nil {
		return nil, errors.Join(err, response.Body.Close())
	}
	return response, nil
}

// check refuses an answer that is no archive, or of another store.
func (r Remote) check(response *http.Response) error {
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != mediaType {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return fmt.Errorf("the proxy at %s does not copy its store: %s: %s", r.Proxy, response.Status, text)
	}
	directory, err := url.PathUnescape(response.Header.Get(directoryHeader))
	if r.Directory != "" && (err != nil || directory != r.Directory) {
		return fmt.Errorf("%w: the one at %s keeps its state in %q, and not in %q: name the admin port of the proxy that does",
			ErrOther, r.Proxy, directory, r.Directory)
	}
	return nil
}

// heard is what comes, and puts the alarm off each time.
type heard struct {
	io.Reader

	alarm *time.Timer
}

func (h heard) Read(p []byte) (int, error) {
	h.alarm.Reset(silence)
	return h.Reader.Read(p)
}
