package port

import (
	"io"
	"net"
	"syscall"

	"google.golang.org/grpc/mem"
)

// ReadOnReady waits until there is something to read, and only then takes a buffer from
// the pool: a connection on which nothing comes costs grpc-go none.
func (h *host) ReadOnReady(size int, pool mem.BufferPool) (*[]byte, int, error) {
	h.reading.Lock()
	defer h.reading.Unlock()
	r := &h.ready
	if r.raw == nil {
		r.find(h.Conn)
	}
	for r.size, r.pool = size, pool; r.raw != nil && h.reader.empty() && !h.closed.Load(); {
		if err := r.raw.Read(r.attempt); err != nil {
			return nil, 0, err
		}
		if n := h.reader.straight((*r.buffer)[:r.n], r.err); n > 0 {
			return r.buffer, n, nil
		}
		pool.Put(r.buffer)
	}
	// TLS, and what has been put elsewhere.
	buffer := pool.Get(size)
	n, err := h.read(*buffer)
	if n == 0 {
		pool.Put(buffer)
		return nil, 0, err
	}
	return buffer, n, err
}

// ready reads a socket once it is ready.
type ready struct {
	raw     syscall.RawConn // nil where there is none, as for TLS
	attempt func(fd uintptr) bool

	size   int
	pool   mem.BufferPool
	buffer *[]byte
	n      int
	err    error
}

// find finds the socket.
func (r *ready) find(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			r.raw, r.attempt = raw, r.read
		}
	}
}

// read reads, or reports that there is nothing yet.
func (r *ready) read(fd uintptr) bool {
	r.buffer = r.pool.Get(r.size)
	for {
		r.n, r.err = syscall.Read(int(fd), *r.buffer)
		if r.err != syscall.EINTR { //nolint:errorlint // a number, as the kernel gives it
			break
		}
	}
	if r.err == syscall.EAGAIN { //nolint:errorlint // as above
		r.pool.Put(r.buffer)
		return false
	}
	if r.n = max(r.n, 0); r.n == 0 && r.err == nil {
		r.err = io.EOF
	}
	return true
}
