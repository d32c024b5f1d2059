package rest

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestTimeout covers HTTP-TIME-001: what of grpc-timeout is taken.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4m": 4 * time.Millisecond, "5u": 5 * time.Microsecond, "6n": 6,
		"0S": 0, "00000001n": 1, "99999999S": 99_999_999 * time.Second, "99999999H": math.MaxInt64,
	} {
		if got, ok := parseTimeout(value); got != want || !ok {
			t.Errorf("%q: %v, %v; want %v", value, got, ok, want)
		}
	}
	for _, value := range []string{"", "S", "1", "1s", "1h", "-1S", "+1S", "1.5S", " 1S", "1S ", "100000000n", "1SS", "0x1S", "1_0S", "१S"} {
		if got, ok := parseTimeout(value); ok {
			t.Errorf("%q is taken for %v", value, got)
		}
	}
}

// TestAccept covers HTTP-STREAM-002: who gets events.
func TestAccept(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"text/event-stream": true, "Text/Event-Stream": true, "text/html,text/event-stream;q=0.1": true, "text/event-stream; q=1.000": true,
		"text/event-stream;q=0;x=1, text/event-stream": true,
		"": false, "*/*": false, "text/*": false, "text/event-stream;q=0": false, "text/event-stream;q=0.000": false, "text/event-streams": false,
	} {
		if takesEvents(strings.Split(accept, "|")) != want {
			t.Errorf("%q: events %v", accept, !want)
		}
	}
	if !takesEvents([]string{"text/html", "text/event-stream"}) {
		t.Error("a second line is not read")
	}
}

// FuzzTimeout shows that whatever is taken is a time that is written in ASCII.
func FuzzTimeout(f *testing.F) {
	for _, seed := range []string{"1S", "99999999H", "", "1", "-1S", "१S"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := parseTimeout(value)
		if !ok {
			return
		}
		digits := value[:len(value)-1]
		if got < 0 || strings.Trim(digits, "0123456789") != "" || len(digits) < 1 || len(digits) > 8 || strings.Trim(value[len(value)-1:], "HMSmun") != "" {
			t.Errorf("%q is taken for %v", value, got)
		}
	})
}

// FuzzAccept shows that no header accept breaks anything, and that one which does not have
// the name gets no events.
func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"text/event-stream;q=0.5, */*", "text/event-stream;q=", ";;,,", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if takesEvents([]string{accept}) && !strings.Contains(strings.ToLower(accept), eventStream) {
			t.Errorf("%q gets events", accept)
		}
	})
}
