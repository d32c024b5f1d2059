package storetool_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"github.com/stateward/stateward/proxy/internal/archive"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
	"github.com/stateward/stateward/proxy/internal/storetool"
)

// serve serves the store as a proxy does, and returns how to reach it.
func serve(t *testing.T, s store.Exporter) storetool.Remote {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(storetool.ExportPath, storetool.NewHandler(storetool.Handler{
		Store: s, Kind: "list", Version: "1.2.3", Directory: "/var/lib/ä b", Clock: time.Now, Log: discard(),
	}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return storetool.Remote{Proxy: server.URL, Directory: "/var/lib/ä b", Client: server.Client()}
}

func TestRemote(t *testing.T) {
	t.Parallel()
	s := stocked(t)
	remote := serve(t, s)
	_, want := storetest.Items(t, s)
	for range 2 {
		if _, got := storetest.Items(t, remote); !slices.Equal(got, want) {
			t.Errorf("it has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestRemoteDamage: what is damaged is passed on, and what ends the copy is told.
func TestRemoteDamage(t *testing.T) {
	t.Parallel()
	own := errors.New("the disk is gone")
	remote := serve(t, broken{list: list{store.Start{}, store.DamageItem{Of: "it", What: "why"}}, err: own})
	var items []store.Item
	err := remote.Export(t.Context(), true, func(item store.Item) error { items = append(items, item); return nil })
	if !errors.Is(err, archive.ErrFailed) || !strings.Contains(err.Error(), own.Error()) || len(items) != 2 {
		t.Errorf("Export = %v after %v, want ErrFailed with the reason, after the damage", err, items)
	}
}

// gate is a store whose export waits until it is let go.
type gate struct {
	list

	begun, leave chan struct{}
}

func (g gate) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	close(g.begun)
	<-g.leave
	return g.list.Export(ctx, thorough, each)
}

// TestOneCopyAtATime refuses the second while the first is made.
func TestOneCopyAtATime(t *testing.T) {
	t.Parallel()
	g := gate{list: list{store.Start{}}, begun: make(chan struct{}), leave: make(chan struct{})}
	remote := serve(t, g)
	first := make(chan error, 1)
	nothing := func(store.Item) error { return nil }
	go func() { first <- remote.Export(t.Context(), false, nothing) }()
	<-g.begun
	if err := remote.Export(t.Context(), false, nothing); err == nil || !strings.Contains(err.Error(), "another copy is being made") {
		t.Errorf("the second: %v", err)
	}
	close(g.leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// slow is a store whose every item takes a while.
type slow struct{ list }

func (s slow) Export(ctx context.Context, thorough bool, each func(store.Item) error) error {
	return s.list.Export(ctx, thorough, func(item store.Item) error {
		select {
		case <-time.After(60 * time.Millisecond):
			return each(item)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// TestSlowCopy takes longer than the port gives an answer. It is in a time of its own, in
// which the request itself is never late.
func TestSlowCopy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := bufconn.Listen(16) // less than the answer: where there is room, a write ends before its deadline matters
		server := &http.Server{
			Handler: storetool.NewHandler(storetool.Handler{
				Store: slow{list{store.Start{}, store.KindItem{}, store.KindItem{}, store.KindItem{}}}, Clock: time.Now, Log: discard(),
			}),
			ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond,
		}
		go func() { _ = server.Serve(listener) }() // ends by Close
		defer server.Close()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.DialContext(ctx) }}
		defer transport.CloseIdleConnections()
		remote, items := storetool.Remote{Proxy: "http://memory", Client: &http.Client{Transport: transport}}, 0
		err := remote.Export(t.Context(), false, func(store.Item) error { items++; return nil })
		if err != nil || items != 4 {
			t.Errorf("Export = %v after %d items", err, items)
		}
	})
}

// endless is a store that goes on and on.
type endless struct{}

func (endless) Export(ctx context.Context, _ bool, each func(store.Item) error) error {
	for {
		if err := errors.Join(ctx.Err(), each(store.CopyItem{Replica: store.Replica{State: []byte(rand.Text())}})); err != nil {
			return err
		}
	}
}

// stuck is an answer whose reader has stopped reading: a write waits for its deadline,
// which only one in the past brings.
type stuck struct {
	http.ResponseWriter

	waits, over chan struct{}
	once        sync.Once
}

func (s *stuck) Write([]byte) (int, error) {
	s.once.Do(func() { close(s.waits) })
	<-s.over
	return 0, os.ErrDeadlineExceeded
}

func (s *stuck) SetWriteDeadline(at time.Time) error {
	if !at.After(time.Now()) {
		close(s.over)
	}
	return nil
}

// TestClose cuts a copy short whose reader has stopped reading.
func TestClose(t *testing.T) {
	t.Parallel()
	handler := storetool.NewHandler(storetool.Handler{Store: endless{}, Kind: "endless", Clock: time.Now, Log: discard()})
	answer := &stuck{ResponseWriter: httptest.NewRecorder(), waits: make(chan struct{}), over: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, storetool.ExportPath, nil))
	}()
	<-answer.waits
	handler.Close()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the copy goes on")
	}
}

func TestRemoteRefused(t *testing.T) {
	t.Parallel()
	nothing := func(store.Item) error { t.Error("something comes"); return nil }
	remote := serve(t, list{})
	other := remote
	other.Directory = "/var/lib/other"
	if err := other.Export(t.Context(), false, nothing); !errors.Is(err, storetool.ErrOther) || !strings.Contains(err.Error(), "/var/lib/ä b") {
		t.Errorf("another directory: %v, want ErrOther with the name", err)
	}
	for what, address := range map[string]string{"page not found": remote.Proxy + "/x", "no URL": "http://[", "ask the proxy": "http://127.0.0.1:1"} {
		away := remote
		away.Proxy = address
		if err := away.Export(t.Context(), false, nothing); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for what, change := range map[string]func(*http.Request){
		"405": func(r *http.Request) { r.Method = http.MethodPost },
		"403": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, remote.Proxy+storetool.ExportPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(request)
		response, err := remote.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if !strings.HasPrefix(response.Status, what) {
			t.Errorf("%s, want %s", response.Status, what)
		}
	}
}
