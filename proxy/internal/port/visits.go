package port

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// Bounds in bytes.
const (
	// maxLane is how much of one server waits to be written before it is held up.
	maxLane = 256 << 10
	// maxBatch is how much is written at once, about.
	maxBatch = 64 << 10
	// patient is how much of guests' uploads may wait for net/http before they hold up
	// all streams of the connection.
	patient = 256 << 10
	// maxInner is how much may wait to be read by net/http.
	maxInner = 4 << 20
	// goneKept is how many streams that are over are remembered.
	goneKept = 64
)

// visits are the guests of one host, and whoever writes to its client. Two locks, of
// which writing is taken first: it is held while the wire is written, and mu never is.
type visits struct {
	port *Port
	host *identity

	writing sync.Mutex
	tracker tracker // of what grpc-go has written straight
	partial []byte  // of its last frame, once there are guests
	batch   []byte

	mixed   atomic.Bool  // there has been a guest
	resized atomic.Bool  // the client has said how large its table is
	frames  atomic.Int64 // of content that were written
	allowed atomic.Int64 // what the client may send, on all streams

	mu       sync.Mutex
	room     sync.Cond // a lane has become shorter, or all is over
	purse    purse
	urgent   []byte // overtakes both lanes
	hosts    lane
	guests   lane
	streams  map[uint32]*guest
	gone     []uint32
	last     uint32 // the last guest
	current  *inner // takes new guests
	inners   map[*inner]struct{}
	queued   int // of uploads
	owed     int // of the window for uploads that is to be given back
	initial  uint32
	maxList  uint32
	table    resizing
	goodbye  bool // grpc-go has said it, without complaint
	closing  bool // and has gone
	finished chan struct{}
	kick     chan struct{} // something may be written; holds one token
	over     chan struct{} // closed with err
	err      error
}

// newVisits returns visits without guests.
func newVisits(p *Port, served *identity) *visits {
	v := &visits{
		port: p, host: served, initial: startWindow, table: resizing{limit: tableSize},
		streams: map[uint32]*guest{}, inners: map[*inner]struct{}{},
		finished: make(chan struct{}), kick: make(chan struct{}, 1), over: make(chan struct{}),
	}
	v.room.L = &v.mu
	v.purse.real.Store(startWindow)
	v.allowed.Store(startWindow)
	v.tracker.began, v.tracker.ended = v.began, v.ended
	return v
}

// content returns how many frames of content were written since the last call.
func (v *visits) content() int { return int(v.frames.Swap(0)) }

// hosted says that so much data is gRPC's.
func (v *visits) hosted(n int) { v.allowed.Add(-int64(n)) }

// granted says that the client takes so many more bytes, and returns how many are gRPC's.
func (v *visits) granted(n uint32) uint32 {
	if !v.mixed.Load() {
		v.purse.real.Add(int64(n))
		return n
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	defer v.poke()
	return uint32(v.purse.grant(int64(n), len(v.guests.units) > 0))
}

// settings reads what the client has set.
func (v *visits) settings(f *frame) (err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.initial
	f.settings(func(id http2.SettingID, value uint32) {
		switch id {
		case http2.SettingInitialWindowSize:
			if v.initial = value; value > 1<<31-1 {
				err = errWindow
			}
		case http2.SettingMaxHeaderListSize:
			v.maxList = value
		case http2.SettingHeaderTableSize:
			v.table.ask(value)
			v.resized.Store(true)
		default:
		}
	})
	if v.initial != before {
		for in := range v.inners {
			err = errors.Join(err, in.write(appendSettings(nil, http2.Setting{ID: http2.SettingInitialWindowSize, Val: v.initial})))
		}
	}
	return err
}

// urge writes something before everything else.
func (v *visits) urge(frame []byte) {
	v.urgent = append(v.urgent, frame...)
	v.poke()
}

// poke wakes the pump.
func (v *visits) poke() {
	select {
	case v.kick <- struct{}{}:
	default: // the token is there already
	}
}

// fail ends everything, and reports whether it was not over before.
func (v *visits) fail(err error) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return false
	}
	v.err = err
	for in := range v.inners {
		in.close()
	}
	v.room.Broadcast()
	close(v.over)
	return true
}

// outstay reports whether the guests stay when grpc-go leaves.
func (v *visits) outstay() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closing = true
	v.settle()
	select {
	case <-v.finished:
		return false
	default:
		return v.goodbye && v.err == nil
	}
}

// settle notes when nothing is left of a connection that grpc-go has closed.
func (v *visits) settle() {
	if !v.closing || len(v.streams)+len(v.urgent)+len(v.hosts.units)+len(v.guests.units) > 0 {
		return
	}
	select {
	case <-v.finished:
	default:
		close(v.finished)
	}
}

// left returns when nothing is left, or after so much time.
func (v *visits) left(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-v.finished:
	case <-v.over:
	case <-timer.C:
	}
	// The end is said first, and the client's awaited: a client that still says
	// something would else lose what it has not yet read.
	if half, ok := v.host.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		timer.Reset(time.Second)
		select {
		case <-v.over:
		case <-timer.C:
		}
	}
}

// farewell tells the client why it is cut off, if nothing else is being written.
func (v *visits) farewell(why *cutoff) {
	if !v.writing.TryLock() {
		return
	}
	defer v.writing.Unlock()
	if v.tracker.between() {
		sayGoAway(v.host.Conn, why)
	}
}
