package admin

import (
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

const (
	// plenty is how many passages wait for one who watches; more are counted as missed.
	plenty = 256
	// mostWatchers is how many may watch at a time.
	mostWatchers = 64
)

// Witness tells those who watch which entities come and leave. Its methods may be called
// from any goroutine, and cost next to nothing while nobody watches.
type Witness struct {
	watched atomic.Int32

	mu       sync.Mutex
	watchers map[*watcher]struct{}
}

var _ runtime.Witness = (*Witness)(nil)

// watcher is one who watches the entities of a service, or of all of them.
type watcher struct {
	service  string
	passages chan *adminv1alpha1.Passage
	missed   atomic.Int64
}

// NewWitness returns one whom nobody watches.
func NewWitness() *Witness { return &Witness{watchers: map[*watcher]struct{}{}} }

// Came tells that an entity has come into memory.
func (w *Witness) Came(id entity.ID, kind string) { w.tell(id, kind, true, "") }

// Left tells that an entity has left it.
func (w *Witness) Left(id entity.ID, kind, reason string) { w.tell(id, kind, false, reason) }

func (w *Witness) tell(id entity.ID, kind string, came bool, reason string) {
	if w.watched.Load() == 0 {
		return
	}
	passage := &adminv1alpha1.Passage{
		Time: timestamppb.New(time.Now()), Service: id.Service, Key: id.Entity, Kind: kindOfType(kind), Came: came, Reason: reason,
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for each := range w.watchers {
		if each.service != "" && each.service != id.Service {
			continue
		}
		select {
		case each.passages <- passage:
		default:
			each.missed.Add(1)
		}
	}
}

// watch begins to tell somebody, until stop is called.
func (w *Witness) watch(service string) (watch *watcher, stop func(), err error) {
	watch = &watcher{service: service, passages: make(chan *adminv1alpha1.Passage, plenty)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.watchers) >= mostWatchers {
		return nil, nil, fault.New(fault.Exhausted, "%d watch already: try again when one of them has gone", mostWatchers)
	}
	w.watchers[watch] = struct{}{}
	w.watched.Add(1)
	stop = func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers, watch)
		w.watched.Add(-1)
	}
	return watch, stop, nil
}
