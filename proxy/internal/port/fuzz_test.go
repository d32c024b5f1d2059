package port_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// FuzzPort has clients that say anything, alone or after calls of both kinds: each
// connection ends.
func FuzzPort(f *testing.F) {
	var opening bytes.Buffer
	opening.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&opening, nil)
	_ = framer.WriteSettings()
	var block bytes.Buffer
	table := hpack.NewEncoder(&block)
	for stream, contentType := range []string{1: "application/grpc", 3: "text/plain"} {
		if contentType == "" {
			continue
		}
		block.Reset()
		for _, field := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", "/echo.Echo/Echo"}, {":authority", "here"}, {"content-type", contentType}} {
			_ = table.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(stream), BlockFragment: block.Bytes(), EndHeaders: true})
	}
	start := opening.Bytes()
	f.Add(true, []byte("\x00\x00\x04\x00\x01\x00\x00\x00\x03data\x00\x00\x04\x03\x00\x00\x00\x00\x03\x00\x00\x00\x08"))
	f.Add(true, []byte("\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x01"))
	f.Add(true, []byte("\x00\x00\x05\x00\x09\x00\x00\x00\x03\x02abcd\x00\x00\x01\x01\x05\x00\x00\x00\x05\x82"))
	f.Add(false, []byte("GET /who HTTP/1.1\r\nHost: here\r\n\r\n"))
	f.Add(false, []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x06\x00\x00\x00\x00\x00abcdefgh"))
	s := open(f, nil)
	f.Fuzz(func(t *testing.T, begun bool, said []byte) {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		if begun {
			said = append(bytes.Clone(start), said...)
		}
		go func() { // ends with the connection
			_, _ = conn.Write(said)
			_ = conn.(*net.TCPConn).CloseWrite()
		}()
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the connection does not end")
		}
	})
}
