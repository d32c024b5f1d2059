package trace_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/stateward/stateward/tck/trace"
)

func TestATraceIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := &trace.Trace{
		Schema: trace.Schema, Case: "a/b", Requirements: []string{"A-1"}, Subject: "cmd:./a <b>", Seed: 7,
		Verdict: "fail", Message: "expected: 1\nactual: 2",
		Frames: []trace.Frame{
			{Kind: trace.Note, Text: "a note"},
			{Call: 1, Method: "/a.B/C", Kind: trace.Sent, Text: "→x", Raw: []byte{0, 255}},
			{Call: 1, Method: "/a.B/C", Kind: trace.Received, Text: "←y"},
			{Call: 1, Method: "/a.B/C", Kind: trace.End, Text: "←end OK"},
		},
	}
	text, err := trace.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"raw": "AP8="`) || !strings.Contains(string(text), "./a <b>") {
		t.Errorf("a person cannot read\n%s", text)
	}
	got, err := trace.Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	with := func(frame string) string { return `{"schema":"v1","frames":[` + frame + `]}` }
	for text, want := range map[string]string{
		"":                                "no trace",
		"{}":                              `its schema is ""`,
		`{"schema":"v2"}`:                 `its schema is "v2"`,
		`{"schema":"v1","mood":"good"}`:   "no trace",
		`{"schema":"v1","frames":[]}`:     "nothing in it can be sent again",
		with(`{"kind":"note"}`):           "nothing in it can be sent again",
		with(`{"kind":"shouted"}`):        "of no kind that there is",
		with(`{"kind":"sent"}`):           "belongs to no call",
		with(`{"kind":"sent","call":1}`):  "belongs to no call",
		with(`{"kind":"sent","raw":"?"}`): "no trace",
		with(`{"kind":"sent","call":1,"method":"/a/b"},{"kind":"end","call":1,"method":"/a/c"}`): "frame 2 belongs to no call",
		with(`{"kind":"sent","call":1,"method":"/a/b"}`) + "{}":                                  "something follows it",
	} {
		if _, err := trace.Unmarshal([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	if got := trace.Encode(wrapperspb.String("a")); string(got) != "\x0a\x01a" {
		t.Errorf("got %x", got)
	}
	for _, none := range []any{nil, "text", wrapperspb.String("\xff")} {
		if got := trace.Encode(none); got != nil {
			t.Errorf("%v gives %x", none, got)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"schema":"v1","frames":[{"kind":"sent","call":1,"method":"/a/b","raw":"AP8="}]}`))
	f.Add([]byte("{}"))
	f.Add([]byte("[null]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := trace.Unmarshal(text)
		if err != nil {
			return
		}
		again, err := trace.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := trace.Unmarshal(again); err != nil || !cmp.Equal(read, back) {
			t.Errorf("it is not read as it was written: %v\n%s", err, cmp.Diff(read, back))
		}
	})
}
