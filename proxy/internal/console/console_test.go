package console

import (
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// TestFormat shows numbers, sizes and times as people read them.
func TestFormat(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		count(1234567):   "1\u202f234\u202f567",
		count(-1000):     "-1\u202f000",
		count(12):        "12",
		rate(0):          "0",
		rate(0.04):       "0.0",
		rate(9.94):       "9.9",
		rate(1234.5):     "1\u202f235",
		bytesOf(1023):    "1023 B",
		bytesOf(1536):    "1.5 KiB",
		bytesOf(5 << 30): "5.0 GiB",
		latency(nil):     "–",
		latency(durationpb.New(1500 * time.Microsecond)): "1.5 ms",
		latency(durationpb.New(250 * time.Millisecond)):  "250 ms",
		latency(durationpb.New(3 * time.Second)):         "3.0 s",
		length(durationpb.New(10 * time.Second)):         "10 s",
		length(durationpb.New(5 * time.Minute)):          "5 min",
		roughly(72 * time.Hour):                          "3 days",
		ago(nil):                                         "–",
		short("type.googleapis.com/shop.v1.Item"):        "Item",
		short("plain"):                                   "plain",
		kindOf(adminv1alpha1.Kind_KIND_EVENT_SOURCED):    "event sourced",
		indent(structpb.NewStringValue("<b>")):           `"<b>"`,
		entityLink("a.B", `x/"&y`):                       "/entity?key=x%2F%22%26y&service=a.B",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if kindNamed("event sourced") != adminv1alpha1.Kind_KIND_EVENT_SOURCED || standingNamed("resting") != adminv1alpha1.Standing_STANDING_RESTING || kindNamed("x") != 0 {
		t.Error("a name is not what it was made of")
	}
}

// TestChart draws the newest second at the right, high values high, and gaps as gaps.
func TestChart(t *testing.T) {
	t.Parallel()
	values := []float64{0, 50, math.NaN(), 100}
	seconds := make([]*adminv1alpha1.Second, len(values))
	at := map[*adminv1alpha1.Second]float64{}
	for i, value := range values {
		seconds[i] = new(adminv1alpha1.Second)
		at[seconds[i]] = value
	}
	of := func(s *adminv1alpha1.Second) float64 { return at[s] }
	if got, want := path(seconds, of, 100), "M297 59.0h.5L298 30.0M300 1.0h.5"; got != want {
		t.Errorf("the path is %s, want %s", got, want)
	}
	if got := path(nil, of, 100); got != "" || area(nil, got) != "" {
		t.Errorf("nothing is drawn as %q", got)
	}
	if got := area(seconds, "M297 1"); got != "M297 1L300 60L297 60Z" {
		t.Errorf("the area is %s", got)
	}
	for top, want := range map[float64]float64{0.3: 1, 1: 1, 3: 5, 11: 20, 100: 100, 101: 200, 999: 1000} {
		one := []*adminv1alpha1.Second{{Commands: top}}
		if got := highest(one, 1, (*adminv1alpha1.Second).GetCommands); got != want {
			t.Errorf("the edge above %v is %v, want %v", top, got, want)
		}
	}
	long := make([]*adminv1alpha1.Second, 400)
	for i := range long {
		long[i] = new(adminv1alpha1.Second)
	}
	if got := path(long, (*adminv1alpha1.Second).GetCommands, 1); !strings.HasPrefix(got, "M1 59.0") || !strings.HasSuffix(got, "L300 59.0") {
		t.Errorf("too many seconds are drawn as %.20s…%s", got, got[len(got)-12:])
	}
}

// TestPages: each template can be read, and nothing in them needs what the policy forbids.
func TestPages(t *testing.T) {
	t.Parallel()
	if _, err := parse(); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names(), "frame") {
		page, err := templates.ReadFile("templates/" + name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		for _, forbidden := range []string{" style=", "<style", " onclick=", "javascript:", "http://", "https://", "<script>"} {
			if strings.Contains(string(page), forbidden) {
				t.Errorf("%s has %q", name, forbidden)
			}
		}
	}
}
