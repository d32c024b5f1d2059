package storetool

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
)

// ExportPath is where a running proxy gives its store away, on its admin port.
const ExportPath = "/store/export"

const (
	// directoryHeader names the directory of the store, as a path in a URL is written.
	directoryHeader = "Stateward-Directory"
	// mediaType is that of archives.
	mediaType = "application/vnd.stateward.archive"
	// thoroughly, in the query, asks for the look that Verify takes.
	thoroughly = "thorough"
	// patience is how long whoever reads may take for the next bytes.
	patience = time.Minute
)

// Handler answers with the store as an archive, while it is in use. It makes one copy at
// a time, for each keeps on the disk what is there when it begins.
type Handler struct {
	// Store is what is copied, Kind what the archive calls it, Version the program's.
	Store         store.Exporter
	Kind, Version string
	// Directory is where it lies; empty where that is no directory.
	Directory string
	// Clock says what time it is.
	Clock func() time.Time
	// Log hears of each copy.
	Log *slog.Logger

	// busy holds a token while a copy is made.
	busy    chan struct{}
	closing chan struct{} // closed by Close
}

// NewHandler returns the handler with all of its parts. Its owner closes it.
func NewHandler(h Handler) *Handler {
	h.busy, h.closing = make(chan struct{}, 1), make(chan struct{})
	return &h
}

// Close cuts short the copy that is being made, whoever reads it however slowly.
func (h *Handler) Close() { close(h.closing) }

// ServeHTTP answers GET. A page of somebody else's cannot have it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET it", http.StatusMethodNotAllowed)
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		http.Error(w, "not for other sites' pages", http.StatusForbidden)
		return
	}
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	default:
		http.Error(w, "another copy is being made: try again when it is done", http.StatusServiceUnavailable)
		return
	}
	h.answer(w, r)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) {
	about := archive.About{Taken: h.Clock(), Program: h.Version, Store: h.Kind}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="stateward-`+h.Kind+Extension+`"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set(directoryHeader, url.PathEscape(h.Directory))
	thorough, _ := strconv.ParseBool(r.URL.Query().Get(thoroughly))
	h.Log.Info("a copy of the store is being made", "for", r.RemoteAddr)
	ctx, cancel := context.WithCancel(r.Context())
	to := &patientWriter{ResponseWriter: w, ctx: ctx, control: http.NewResponseController(w), clock: h.Clock}
	var watch sync.WaitGroup
	watch.Go(func() { h.watch(ctx, cancel, to) })
	err := send(ctx, h.Store, to, about, thorough)
	cancel()
	watch.Wait()
	if err != nil {
		h.Log.Warn("the copy of the store was cut short", "for", r.RemoteAddr, "error", err)
		return
	}
	h.Log.Info("the copy of the store is made", "for", r.RemoteAddr)
}

// watch cuts the copy short, in the midst of a write too, when the handler closes.
func (h *Handler) watch(ctx context.Context, cancel func(), to *patientWriter) {
	select {
	case <-h.closing:
		cancel()                                   // before the deadline: no write sets a later one once it has seen this
		_ = to.control.SetWriteDeadline(h.Clock()) // where there is none, the write ends by itself
	case <-ctx.Done():
	}
}

// send writes an archive of the store, with what is damaged in it: whoever reads decides.
func send(ctx context.Context, from store.Exporter, to *patientWriter, about archive.About, thorough bool) error {
	w, err := archive.NewWriter(to, about, true)
	if err != nil {
		return err
	}
	if err := from.Export(ctx, thorough, w.Put); err != nil {
		return errors.Join(err, w.Fail(err))
	}
	return w.Close()
}

// patientWriter gives whoever reads some time for each write, and all of them any time.
type patientWriter struct {
	http.ResponseWriter

	ctx     context.Context //nolint:containedctx // of the one answer
	control *http.ResponseController
	clock   func() time.Time
}

func (w *patientWriter) Write(p []byte) (int, error) {
	if err := w.control.SetWriteDeadline(w.clock().Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}
