package port_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// mixer is one connection of HTTP/2, for calls of every kind.
type mixer struct {
	url  string
	conn *http.ClientConn
}

// mix opens a connection.
func (s *stage) mix(t *testing.T, limits http.HTTP2Config, config *tls.Config) *mixer {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), HTTP2: &limits, TLSClientConfig: config}
	scheme := "http"
	if config != nil {
		scheme = "https"
	}
	transport.Protocols.SetUnencryptedHTTP2(config == nil)
	transport.Protocols.SetHTTP2(config != nil)
	conn, err := transport.NewClientConn(within(t, 10*time.Second), scheme, s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &mixer{url: scheme + "://" + s.addr, conn: conn}
}

// do sends a request on the connection and returns what comes back.
func (m *mixer) do(contentType, path string, body io.Reader) ([]byte, http.Header, error) {
	request, err := http.NewRequest(http.MethodPost, m.url+path, body)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("TE", "trailers")
	request.Header.Set("X-Random", strconv.Itoa(rand.IntN(1000))) // something for the table
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
	case trailer.Get("X-Length") != strconv.Itoa(len(body)):
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

// TestGuest has a call of another kind on a connection that began with gRPC (HTTP-PORT-004).
func TestGuest(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	m := s.mix(t, http.HTTP2Config{}, nil)
	for i := range 3 {
		for _, err := range []error{m.grpc(content(100 << i)), m.http(content(1000 << i)), m.http(content(300_000)), m.http(content(3 << 20)), m.grpc(content(200_000))} {
			if err != nil {
				t.Fatal(i, err)
			}
		}
	}
}

// TestMixed has many calls of both kinds at once on one connection, with bodies of all
// sizes, and compares each byte (HTTP-PORT-004).
func TestMixed(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]http.HTTP2Config{
		"large windows": {},
		"small window":  {MaxReceiveBufferPerConnection: 64 << 10},
		"small windows": {MaxReceiveBufferPerConnection: 64 << 10, MaxReceiveBufferPerStream: 10_000},
		"large frames":  {MaxReadFrameSize: 1 << 20},
		"small tables":  {MaxDecoderHeaderTableSize: 1, MaxEncoderHeaderTableSize: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, nil)
			m := s.mix(t, limits, nil)
			if err := m.grpc(nil); err != nil {
				t.Fatal(err)
			}
			var callers sync.WaitGroup
			errs := make(chan error, 16)
			for i := range 16 {
				callers.Go(func() {
					for range 6 {
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
