package header_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
)

// TestFromHTTP covers META-ENTRY-001, META-ENTRY-003, HTTP-META-001 and HTTP-META-002.
func TestFromHTTP(t *testing.T) {
	t.Parallel()
	got, err := header.FromHTTP(http.Header{
		"X-Tenant": {"t1", "t2, t3"}, "X-Raw-Bin": {"AP8=,AQ, ", "/+8"}, "Cookie": {"a=b"},
		"Content-Type": {"x"}, "Accept": {"x"}, "User-Agent": {"x"}, "Grpc-Timeout": {"1S"}, "Grpc-Trace-Bin": {"???"},
		"Connection": {"X-Hop, keep-alive", "x-other"}, "X-Hop": {"1"}, "X-Other": {"2"}, "Keep-Alive": {"x"},
	})
	want := metadata.MD{"x-tenant": {"t1", "t2, t3"}, "x-raw-bin": {"\x00\xff", "\x01", "", "\xff\xef"}, "cookie": {"a=b"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, wrong := range []string{"???", "AP8=,?", "A", "AP8==", "_-8", "AP8 "[:3] + "\x00"} {
		if _, err := header.FromHTTP(http.Header{"X-Raw-Bin": {wrong}}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "x-raw-bin") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestToHTTP covers HTTP-META-003.
func TestToHTTP(t *testing.T) {
	t.Parallel()
	headers := http.Header{"X-Tenant": {"t0"}}
	header.ToHTTP(metadata.MD{
		"x-tenant": {"t1", "t2"}, "x-raw-bin": {"\x00\xff", "\x01"}, "date": {"x"}, "server": {"x"}, "allow": {"x"},
		"access-control-allow-origin": {"*"}, "retry-after": {"1"},
	}, headers)
	want := http.Header{"X-Tenant": {"t0", "t1", "t2"}, "X-Raw-Bin": {"AP8", "AQ"}, "Retry-After": {"1"}}
	if diff := cmp.Diff(want, headers); diff != "" {
		t.Error(diff)
	}
}

// FuzzFromHTTP shows that whatever stands in a binary header is refused, or comes back as
// it was.
func FuzzFromHTTP(f *testing.F) {
	for _, seed := range []string{"AP8=", "AP8,AQ", "", ",", "???", "AP8==", "/+8", "A\n"} {
		f.Add(seed, "x-hop")
	}
	f.Fuzz(func(t *testing.T, value, connection string) {
		got, err := header.FromHTTP(http.Header{"X-Raw-Bin": {value}, "Connection": {connection}})
		if err != nil {
			if fault.KindOf(err) != fault.Invalid || !utf8.ValidString(err.Error()) {
				t.Errorf("%q: %v", value, err)
			}
			return
		}
		if strings.Contains(strings.ToLower(connection), "x-raw-bin") {
			return
		}
		if n := strings.Count(value, ",") + 1; len(got["x-raw-bin"]) != n {
			t.Fatalf("%q has %d values, got %q", value, n, got)
		}
		headers := http.Header{}
		header.ToHTTP(got, headers)
		if again, err := header.FromHTTP(headers); err != nil || !cmp.Equal(again, got) {
			t.Errorf("%q came back as %q, %v; want %q", value, again, err, got)
		}
	})
}
