package port_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"

	"golang.org/x/net/http2"
)

// mixer is one connection of HTTP/2, for calls of every kind.
type mixer struct {
	addr string
	conn *http2.ClientConn
}

// mix opens a connection.
func (s *stage) mix(t testing.TB, transport *http2.Transport) *mixer {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	transport.AllowHTTP = true
	client, err := transport.NewClientConn(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return &mixer{addr: s.addr, conn: client}
}

// do sends a request on the connection and returns what comes back.
func (m *mixer) do(contentType, path string, body io.Reader) ([]byte, http.Header, error) {
	request, err := http.NewRequest(http.MethodPost, "http://"+m.addr+path, body)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Te", "trailers")
	request.Header.Set("X-Random", fmt.Sprint(rand.IntN(1000))) // something for the table
	response, err := m.conn.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	return got, response.Trailer, err
}

// grpc calls gRPC's echo by hand.
func (m *mixer) grpc(body []byte) error {
	message := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
	got, trailer, err := m.do("application/grpc", "/echo.Echo/Echo", bytes.NewReader(message))
	switch {
	case err != nil:
		return fmt.Errorf("gRPC: %w", err)
	case trailer.Get("Grpc-Status") != "0":
		return fmt.Errorf("gRPC: status %q, %s", trailer.Get("Grpc-Status"), trailer.Get("Grpc-Message"))
	case !bytes.Equal(got, message):
		return fmt.Errorf("gRPC: %d bytes came back of %d", len(got), len(message))
	}
	return nil
}

// http posts to HTTP's echo.
func (m *mixer) http(body []byte) error {
	got, trailer, err := m.do("application/json", "/echo", bytes.NewReader(body))
	switch {
	case err != nil:
		return fmt.Errorf("HTTP: %w", err)
	case trailer.Get("X-Length") != fmt.Sprint(len(body)):
		return fmt.Errorf("HTTP: trailer %q", trailer)
	case !bytes.Equal(got, body):
		return fmt.Errorf("HTTP: %d bytes came back of %d", len(got), len(body))
	}
	return nil
}

// content returns n random bytes.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// TestGuest has a call of another kind on a connection that began with gRPC.
func TestGuest(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	m := s.mix(t, new(http2.Transport))
	for i := range 5 {
		for _, err := range []error{m.grpc(content(100 << i)), m.http(content(1000 << i)), m.http(content(300_000)), m.grpc(content(200_000))} {
			if err != nil {
				t.Fatal(i, err)
			}
		}
	}
}

// TestMixed has many calls of both kinds at once on one connection, with bodies of all
// sizes, and compares each byte.
func TestMixed(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]*http2.Transport{
		"go":           {},
		"small frames": {MaxReadFrameSize: 16 << 10, MaxHeaderListSize: 8 << 10},
		"no table":     {MaxDecoderHeaderTableSize: 1, MaxEncoderHeaderTableSize: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			m := s.mix(t, transport)
			if err := m.grpc(nil); err != nil {
				t.Fatal(err)
			}
			var callers sync.WaitGroup
			errs := make(chan error, 32)
			for i := range 32 {
				callers.Go(func() {
					for range 10 {
						call := m.grpc
						if i%2 == 0 {
							call = m.http
						}
						if err := call(content(1 << rand.IntN(21))); err != nil {
							errs <- err
							return
						}
					}
				})
			}
			callers.Wait()
			close(errs)
			var all error
			for err := range errs {
				all = errors.Join(all, err)
			}
			if all != nil {
				t.Error(all)
			}
		})
	}
}
