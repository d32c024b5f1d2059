package multiplex

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew; review the difference")

// TestTranscripts plays each script in testdata, and compares what the machine does.
// A line without "  " in front is a command; the lines behind it are what follows.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(script, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// player plays one script. Handles have names of the script's own.
type player struct {
	machine *Machine
	handles map[string]*Handle
	out     strings.Builder
	held    bool // nothing is sent before "flush"
}

func play(t *testing.T, script string) string {
	t.Helper()
	p := &player{machine: New(), handles: map[string]*Handle{}}
	for lines := bufio.NewScanner(strings.NewReader(script)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "  "):
		case line == "" || strings.HasPrefix(line, "#"):
			fmt.Fprintln(&p.out, line)
		default:
			fmt.Fprintln(&p.out, line)
			p.command(t, strings.Fields(line))
			if !p.held {
				p.flush(t)
			}
		}
	}
	return p.out.String()
}

// command is one of:
//
//	open NAME BYTES | send NAME BYTES | close NAME | reset NAME | take NAME BYTES
//	fill COUNT | hold | flush
//	< HANDLE message BYTES | credit BYTES | closed | failure CODE | nothing
func (p *player) command(t *testing.T, words []string) {
	t.Helper()
	number := func(i int) int {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch words[0] {
	case "open":
		if h := p.machine.Open(words[1]); h == nil {
			fmt.Fprintln(&p.out, "  no room")
		} else {
			p.handles[words[1]] = h
			p.machine.Send(h, make([]byte, number(2)))
		}
	case "fill":
		for range number(1) {
			p.machine.Send(p.machine.Open("many"), []byte{1})
		}
		drain(p.machine)
	case "send":
		p.machine.Send(p.handles[words[1]], make([]byte, number(2)))
	case "close":
		p.machine.Close(p.handles[words[1]])
	case "reset":
		if !p.machine.Reset(p.handles[words[1]]) {
			fmt.Fprintln(&p.out, "  nothing to wait for")
		}
	case "take":
		p.machine.Taken(p.handles[words[1]], number(2))
	case "hold", "flush":
		p.held = words[0] == "hold"
	case "<":
		p.receive(t, int64(number(1)), words[2:], number)
	default:
		t.Fatalf("unknown command %q", words)
	}
}

func (p *player) receive(t *testing.T, handle int64, words []string, number func(int) int) {
	t.Helper()
	frame := &multiplexv1.HandleResponse{Handle: handle}
	switch words[0] {
	case "message":
		frame.Frame = &multiplexv1.HandleResponse_Message{Message: make([]byte, number(3))}
	case "credit":
		frame.Frame = &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: int64(number(3))}}
	case "closed":
		frame.Frame = &multiplexv1.HandleResponse_Closed{Closed: new(multiplexv1.Closed)}
	case "failure":
		frame.Frame = &multiplexv1.HandleResponse_Failure{Failure: &multiplexv1.Failure{Code: int32(number(3)), Description: strings.Repeat("ü", 513)}}
	}
	data, err := proto.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}
	said, err := p.machine.Receive(data)
	if wrong, ok := errors.AsType[*Mistake](err); ok {
		fmt.Fprintf(&p.out, "  the stream is over: %s: %s\n", wrong.Requirement, wrong)
		return
	}
	if said.Handle == nil {
		return
	}
	fmt.Fprintf(&p.out, "  to %v:", said.Handle.Owner)
	if said.Message != nil {
		fmt.Fprintf(&p.out, " message of %d", len(said.Message))
	}
	switch end := said.End.(type) { //nolint:errorlint // the machine wraps none
	case *Mistake:
		fmt.Fprintf(&p.out, " %s: %s", end.Requirement, end)
	case *Failed:
		fmt.Fprintf(&p.out, " failure %d of %d bytes, cut %t", end.Code, len(end.Description), said.Long)
	case error:
		fmt.Fprintf(&p.out, " %v", end)
	}
	if said.Acknowledged {
		fmt.Fprint(&p.out, ", acknowledged")
	}
	fmt.Fprintln(&p.out)
}

// flush writes what the machine sends, read as protobuf reads it.
func (p *player) flush(t *testing.T) {
	t.Helper()
	for _, out := range drain(p.machine) {
		frame := new(multiplexv1.HandleRequest)
		if err := proto.Unmarshal(out.Data, frame); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&p.out, "  > %d ", frame.GetHandle())
		switch f := frame.GetFrame().(type) {
		case *multiplexv1.HandleRequest_Open:
			fmt.Fprintf(&p.out, "open %d\n", len(f.Open.GetMessage()))
		case *multiplexv1.HandleRequest_Message:
			fmt.Fprintf(&p.out, "message %d\n", len(f.Message))
		case *multiplexv1.HandleRequest_Credit:
			fmt.Fprintf(&p.out, "credit %d\n", f.Credit.GetBytes())
		case *multiplexv1.HandleRequest_Close:
			fmt.Fprintf(&p.out, "close, reset %t\n", f.Close.GetReset_())
		default:
			t.Fatalf("sent %v", frame)
		}
	}
	if undone := p.machine.Undone(); undone > 0 && undone < 10 {
		fmt.Fprintf(&p.out, "  %d not done\n", undone)
	}
}

// MUX-START-001: the first frame names the kind, and its handle is 0.
func TestStart(t *testing.T) {
	t.Parallel()
	frame := new(multiplexv1.HandleRequest)
	if err := proto.Unmarshal(Start("the.Kind"), frame); err != nil || frame.GetHandle() != 0 || frame.GetStart().GetEntityType() != "the.Kind" {
		t.Errorf("%v, %v", frame, err)
	}
}
