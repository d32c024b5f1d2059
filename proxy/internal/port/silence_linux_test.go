package port

import (
	"net"
	"syscall"
	"testing"
)

func TestGiveUp(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	giveUp(conn, silence)
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		if ms, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, 18); err != nil || ms != 20_000 {
			t.Errorf("the kernel gives up after %d ms, %v", ms, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}
