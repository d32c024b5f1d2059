package frontend_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// pipes is a listener in memory, whose time is that of the test.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns a caller's side of a connection.
func (p *pipes) dial() net.Conn {
	mine, theirs := net.Pipe()
	p.conns <- theirs
	return mine
}

// slowly runs the test with a frontend in a time of its own, which answers 42.
func slowly(t *testing.T, run func(t *testing.T, port *pipes)) {
	t.Helper()
	slowlyBy(t, func(context.Context, request) (*entityv1.Reply, error) { return total(42), nil }, run)
}

// slowlyBy is slowly with another router.
func slowlyBy(t *testing.T, answering router, run func(t *testing.T, port *pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, wire.V1(), answering, descriptortest.Answer(descriptortest.Files()), noPages)
		port := newPipes()
		if err := b.frontend.Serve(port); err != nil {
			t.Fatal(err)
		}
		defer b.frontend.Close()
		run(t, port)
	})
}

// write writes to the connection, which ends the test where it cannot.
func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// read reads a response and its body, and returns how long that took.
func read(t *testing.T, from *bufio.Reader) (*http.Response, string, time.Duration) {
	t.Helper()
	begin := time.Now()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response, string(body), time.Since(begin)
}

const (
	head     = "POST " + descriptortest.Add + " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
	tooLate  = `{"code":4,"message":"`
	whenHead = 10 * time.Second
	whenBody = 30 * time.Second
)

// TestSlowHead covers HTTP-LIMIT-006 for a head of HTTP/1.1: the first of a connection, and
// a later one.
func TestSlowHead(t *testing.T) {
	slowly(t, func(t *testing.T, port *pipes) {
		t.Helper()
		for _, before := range []string{"", head + "{}  "} {
			conn := port.dial()
			from := bufio.NewReader(conn)
			if before != "" {
				write(t, conn, before)
				if response, body, _ := read(t, from); response.StatusCode != http.StatusOK {
					t.Fatalf("%s %s", response.Status, body)
				}
				<-time.After(time.Minute) // between two calls a connection rests
			}
			write(t, conn, "POST / HTTP/1.1\r\nHo")
			response, body, took := read(t, from)
			if response.StatusCode != http.StatusRequestTimeout || !strings.HasPrefix(body, tooLate) || took != whenHead || !response.Close {
				t.Errorf("%s %q after %v", response.Status, body, took)
			}
			if rest, err := io.ReadAll(from); len(rest) > 0 || err != nil {
				t.Errorf("the connection goes on: %q, %v", rest, err)
			}
			conn.Close()
		}
	})
}

// TestSilentConnection shows that a connection on which no head has begun just ends.
func TestSilentConnection(t *testing.T) {
	slowly(t, func(t *testing.T, port *pipes) {
		t.Helper()
		conn := port.dial()
		defer conn.Close()
		write(t, conn, head+"{}  ")
		from := bufio.NewReader(conn)
		read(t, from)
		if _, err := from.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("not the end: %v", err)
		}
	})
}

// TestSlowBody covers HTTP-LIMIT-006 for a body: one that stops, and one that only takes
// its time.
func TestSlowBody(t *testing.T) {
	slowly(t, func(t *testing.T, port *pipes) {
		t.Helper()
		conn := port.dial()
		defer conn.Close()
		from := bufio.NewReader(conn)
		write(t, conn, head)
		for _, next := range []string{"{", " ", " ", "}"} {
			<-time.After(whenBody - time.Second)
			write(t, conn, next)
		}
		if response, body, _ := read(t, from); response.StatusCode != http.StatusOK {
			t.Errorf("a slow body: %s %s", response.Status, body)
		}
		write(t, conn, head+"{")
		response, body, took := read(t, from)
		if response.StatusCode != http.StatusRequestTimeout || !strings.HasPrefix(body, tooLate) || took != whenBody || !response.Close {
			t.Errorf("%s %q after %v", response.Status, body, took)
		}
	})
}

// TestSlowAnswer shows that the time of HTTP-LIMIT-006 is over once the body is there: the
// call may take longer.
func TestSlowAnswer(t *testing.T) {
	answering := func(ctx context.Context, _ request) (*entityv1.Reply, error) {
		select {
		case <-time.After(2 * whenBody):
			return total(42), nil
		case <-ctx.Done():
			return nil, fault.FromContext(ctx)
		}
	}
	slowlyBy(t, answering, func(t *testing.T, port *pipes) {
		t.Helper()
		conn := port.dial()
		defer conn.Close()
		write(t, conn, head+"{}  ")
		if response, body, took := read(t, bufio.NewReader(conn)); response.StatusCode != http.StatusOK || took != 2*whenBody {
			t.Errorf("%s %s after %v", response.Status, body, took)
		}
	})
}

// TestCloseWaits shows that nothing of a call runs once the frontend is closed.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, ended := make(chan struct{}), false
		answering := router(func(ctx context.Context, _ request) (*entityv1.Reply, error) {
			close(begun)
			<-ctx.Done()
			<-time.After(time.Second) // what it has begun takes a while
			ended = true
			return nil, fault.FromContext(ctx)
		})
		b := newBench(t, wire.V1(), answering, descriptortest.Answer(descriptortest.Files()), noPages)
		port := newPipes()
		if err := b.frontend.Serve(port); err != nil {
			t.Fatal(err)
		}
		conn := port.dial()
		defer conn.Close()
		write(t, conn, head+"{}  ")
		<-begun
		if b.frontend.Close(); !ended {
			t.Error("a call goes on")
		}
	})
}

// TestRefusedHeads covers HTTP-STATUS-002 and HTTP-PATH-008 for heads that reach no handler.
func TestRefusedHeads(t *testing.T) {
	slowly(t, func(t *testing.T, port *pipes) {
		t.Helper()
		for sent, want := range map[string]string{
			"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n":                                         `400 {"code":3,"message":"400 Bad Request`,
			"GET / HTTP/1.1\r\n\r\n":                                                       `400 {"code":3,"message":"400 Bad Request`,
			"GET / HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n":                               `400 {"code":3,"message":"400 Bad Request`,
			"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 300<<10) + "\r\n\r\n": `431 {"code":8,"message":"431 Request Header Fields Too Large`,
		} {
			conn := port.dial()
			go func() { _, _ = io.WriteString(conn, sent) }() // ends with the connection, which may not take it all
			response, body, _ := read(t, bufio.NewReader(conn))
			if got := fmt.Sprint(response.StatusCode, " ", body); !strings.HasPrefix(got, want) || !response.Close || !json.Valid([]byte(body)) {
				t.Errorf("%.50q: %s", sent, got)
			}
			conn.Close()
		}
		<-time.After(time.Second) // net/http waits a while before it closes
	})
}

// TestSlowBodyHTTP2 covers HTTP-LIMIT-006 for HTTP/2, whose connection goes on.
func TestSlowBodyHTTP2(t *testing.T) {
	slowly(t, func(t *testing.T, port *pipes) {
		t.Helper()
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{
			Protocols:   protocols,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return port.dial(), nil },
		}
		defer transport.CloseIdleConnections()
		for _, test := range []struct {
			body   io.Reader
			status int
		}{{never0(t), http.StatusRequestTimeout}, {strings.NewReader("{}"), http.StatusOK}} {
			begin := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://proxy"+descriptortest.Add, test.body)
			if err != nil {
				t.Fatal(err)
			}
			response, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if took := time.Since(begin); response.StatusCode != test.status || test.status != http.StatusOK && took != whenBody {
				t.Errorf("%s after %v", response.Status, took)
			}
		}
	})
}

// never0 is a body that brings nothing until the end of the test.
func never0(t *testing.T) io.Reader {
	t.Helper()
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return r
}
