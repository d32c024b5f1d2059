package port

import "sync/atomic"

// purse is how much of the client's window for all streams has been given to whom. What
// guests send is lent by gRPC, which does not know of it, and paid back from what the
// client allows later.
type purse struct {
	real atomic.Int64 // what the client allows; grpc-go believes it to be more by lent
	lent int64        // below 0, it is kept for guests
}

// host takes so many bytes for gRPC, or says that they have to wait.
func (w *purse) host(n int64) bool {
	if n > 0 && w.real.Load() < n {
		return false
	}
	w.real.Add(-n)
	return true
}

// guest takes so many bytes for a guest, or says that they have to wait: at most half of
// what gRPC has is lent.
func (w *purse) guest(n int64) bool {
	allowed, lent := w.real.Load(), w.lent+n
	if n == 0 {
		return true
	}
	if allowed < n || lent > 0 && lent > (allowed+w.lent)/2 {
		return false
	}
	w.real.Add(-n)
	w.lent = lent
	return true
}

// grant takes what the client allows more, and returns how much of it grpc-go is told:
// not what is paid back, and not the half of the rest where a guest waits.
func (w *purse) grant(n int64, waits bool) int64 {
	w.real.Add(n)
	back := max(min(n, w.lent), 0)
	w.lent -= back
	n -= back
	if waits {
		keep := n / 2
		w.lent -= keep
		n -= keep
	}
	return n
}
