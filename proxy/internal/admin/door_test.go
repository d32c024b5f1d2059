package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// TestDoor lets in who calls from this machine by its address.
func TestDoor(t *testing.T) {
	t.Parallel()
	inside := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, test := range []struct {
		from, host string
		anyone     bool
		want       int
	}{
		{"127.0.0.1:5", "127.0.0.1:9001", false, 200},
		{"[::1]:5", "[::1]:9001", false, 200},
		{"[::ffff:127.0.0.1]:5", "localhost", false, 200},
		{"127.0.0.1:5", "evil.example", false, 421},
		{"127.0.0.1:5", "localhost.evil.example:9001", false, 421},
		{"127.0.0.1:5", "", false, 421},
		{"10.0.0.7:5", "10.0.0.1:9001", false, 403},
		{"10.0.0.7:5", "127.0.0.1:9001", false, 403},
		{"nowhere", "127.0.0.1:9001", false, 403},
		{"10.0.0.7:5", "proxy.example:9001", true, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr, r.Host = test.from, test.host
		w := httptest.NewRecorder()
		Door(inside, test.anyone).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("from %s by %q, anyone %v: %d, want %d", test.from, test.host, test.anyone, w.Code, test.want)
		}
	}
}

// TestWitness tells those who watch, as many as may, and counts what they do not read.
func TestWitness(t *testing.T) {
	t.Parallel()
	w := NewWitness()
	id := entity.ID{Service: "shop", Entity: "a"}
	w.Came(id, "") // Nobody watches.
	all, stopAll, _ := w.watch("")
	other, stopOther, _ := w.watch("elsewhere")
	for range plenty + 3 {
		w.Left(id, "", "idle")
	}
	if len(all.passages) != plenty || all.missed.Load() != 3 || len(other.passages) != 0 {
		t.Errorf("%d told, %d missed, %d of another service", len(all.passages), all.missed.Load(), len(other.passages))
	}
	stopAll()
	stopOther()
	for range mostWatchers {
		_, stop, err := w.watch("")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
	}
	if _, _, err := w.watch(""); fault.KindOf(err) != fault.Exhausted {
		t.Errorf("one too many: %v", err)
	}
}
