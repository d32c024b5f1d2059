package port

import (
	"net"
	"syscall"
	"time"
)

// giveUp has the kernel end a connection whose client has acknowledged nothing for so
// long. grpc-go would set it itself on a connection that it has accepted.
func giveUp(conn net.Conn, after time.Duration) {
	const userTimeout = 18 // TCP_USER_TIMEOUT, which package syscall lacks
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		// Without it the kernel gives up later.
		_ = raw.Control(func(fd uintptr) {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(after.Milliseconds()))
		})
	}
}
