package identity

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/identity/identitytest"
)

// web is an address that answers with a set, or not at all.
type web struct {
	mu    sync.Mutex
	set   []byte // nil while it is down
	asked int
}

func (w *web) RoundTrip(*http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.set == nil {
		return nil, errors.New("it is down")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(w.set))}, nil
}

func (w *web) serve(set []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set = set
}

func (w *web) questions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// TestRotation covers ACC-KEY-001 and ACC-KEY-002: keys come and go while tokens do, no
// caller makes the proxy ask more often than it may, and the last good keys stay.
func TestRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, two := identitytest.NewIssuer(t, "one"), identitytest.NewIssuer(t, "two")
		stranger := identitytest.NewIssuer(t, "three")
		site := new(web)
		source, err := ParseSource("https://issuer.test/keys", site)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := OpenKeys(t.Context(), KeysConfig{Source: source, Every: time.Hour, Least: time.Minute, Patience: 5 * time.Second, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		tokens := tokensOf(t, keys, nil)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { keys.Run(ctx) })
		synctest.Wait()
		verify := func(by *identitytest.Issuer, want fault.Kind, ok bool) {
			t.Helper()
			p, err := tokens.Verify(t.Context(), by.Token(t, nil))
			if (err == nil) != ok || err != nil && fault.KindOf(err) != want {
				t.Errorf("%v: %v, %v", by.ID, p, err)
			}
		}
		verify(one, fault.Unavailable, false) // down from the start
		site.serve(identitytest.Set(t, []*identitytest.Issuer{one}))
		time.Sleep(time.Minute + time.Second)
		verify(one, 0, true)
		verify(two, fault.Unauthenticated, false) // has been asked for just now

		site.serve(identitytest.Set(t, []*identitytest.Issuer{two}))
		time.Sleep(time.Minute)
		verify(one, 0, true) // nobody has asked since
		before := site.questions()
		verify(two, 0, true) // asks, at once
		verify(one, fault.Unauthenticated, false)
		for range 50 {
			verify(stranger, fault.Unauthenticated, false)
		}
		if n := site.questions() - before; n != 1 {
			t.Errorf("asked %d times", n)
		}

		for _, broken := range [][]byte{nil, []byte("{}"), []byte("no"), make([]byte, largestSet+1)} {
			site.serve(broken)
			time.Sleep(2 * time.Hour)
			verify(two, 0, true) // the last good ones stay
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		time.Sleep(time.Hour)
		if _, err := tokens.Verify(gone, stranger.Token(t, nil)); fault.KindOf(err) == fault.Internal {
			t.Errorf("a caller that has gone: %v", err)
		}
		stop()
		running.Wait()
	})
}

// A file is read again, and what is wrong with it at the start is said.
func TestKeysInFile(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak := []byte(`{"keys":[{"kty":"RSA","n":"` + strings.Repeat("0Zzz", 40) + `","e":"AQAB"}]}`)
	for want, set := range map[string][]byte{
		"no JWK set": []byte("x"),
		"no public":  []byte(`{"keys":[{"kty":"new"}]}`),
		"its key 1 ": []byte(`{"keys":[{"kty":"EC","crv":"P-256"}]}`),
		"is private": identitytest.Set(t, nil, jose.JSONWebKey{Key: private}),
		"RSA needs":  weak,
		"257 keys":   []byte(`{"keys":[` + strings.Repeat("{},", mostKeys) + `{}]}`),
	} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, set, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKeys(t.Context(), KeysConfig{Source: Source{path: path}, Every: 1, Least: 1, Patience: 1, Log: quiet()})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	one, two := identitytest.NewIssuer(t, "one"), identitytest.NewIssuer(t, "two")
	keys := keysIn(t, identitytest.Set(t, []*identitytest.Issuer{one}))
	if err := os.WriteFile(keys.config.Source.path, identitytest.Set(t, []*identitytest.Issuer{two}), 0o600); err != nil {
		t.Fatal(err)
	}
	if !keys.ask(t.Context()) || !keys.set.Load().has("two") || keys.set.Load().has("one") {
		t.Error("the file was not read again")
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "neither",
		"http://issuer.test/keys":    "not encrypted",
		"ftp://issuer.test/keys":     "neither",
		"https://":                   "neither",
		"https://a:b@issuer.test/%x": "no URL",
		"https://issuer.test/keys":   "",
		"http://127.0.0.1:1/keys":    "",
		"/etc/keys.json":             "",
	} {
		source, err := ParseSource(text, http.DefaultTransport)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", text, source, err)
		}
	}
	secret, err := ParseSource("https://user:secret@issuer.test/keys", nil)
	if err != nil || strings.Contains(secret.String(), "secret") {
		t.Errorf("%s, %v", secret, err)
	}
	// Neither a redirection nor anything but 200 is followed.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/keys", http.StatusFound)
		} else {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	for path, want := range map[string]string{"/moved": "another address", "/keys": "418"} {
		source, err := ParseSource(server.URL+path, http.DefaultTransport)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.read(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzKeySet(f *testing.F) {
	f.Add(identitytest.Set(f, []*identitytest.Issuer{identitytest.NewIssuer(f, "one")}))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"},{"kty":"oct","k":"AA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseKeySet(data)
		if (set == nil) == (err == nil) {
			t.Fatalf("%v, %v", set, err)
		}
		if err == nil {
			for _, key := range set.keys {
				if !key.IsPublic() {
					t.Fatal("a key that is not public")
				}
			}
		}
	})
}
