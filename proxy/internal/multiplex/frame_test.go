package multiplex

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// FuzzFrame shows that a frame is read as protobuf reads it, whatever it holds
// (MUX-MSG-009).
func FuzzFrame(f *testing.F) {
	for _, frame := range []*multiplexv1.HandleResponse{
		{},
		{Handle: 1, Frame: &multiplexv1.HandleResponse_Message{Message: []byte("reply")}},
		{Handle: 2, Frame: &multiplexv1.HandleResponse_Credit{Credit: &multiplexv1.Credit{Bytes: 65536}}},
		{Handle: -1, Frame: &multiplexv1.HandleResponse_Closed{Closed: new(multiplexv1.Closed)}},
		{Handle: 3, Frame: &multiplexv1.HandleResponse_Failure{Failure: &multiplexv1.Failure{Code: 14, Description: "ü"}}},
	} {
		data, err := proto.Marshal(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(append(data, data...))
		f.Add(append(data, 0x78, 1))
	}
	f.Add([]byte{0x3A, 2, 8, 1, 0x3A, 3, 0x12, 1, 'x', 0x2A, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		want := new(multiplexv1.HandleResponse)
		unread := proto.Unmarshal(data, want)
		got, err := readFrame(data)
		if (err != nil) != (unread != nil) {
			t.Fatalf("error %v, protobuf's %v", err, unread)
		}
		if err != nil {
			return
		}
		code, description := got.failure()
		same := got.handle == want.GetHandle() && code == want.GetFailure().GetCode() && description == want.GetFailure().GetDescription()
		switch frame := want.GetFrame().(type) {
		case *multiplexv1.HandleResponse_Message:
			same = same && got.number == fieldMessage && bytes.Equal(got.body, frame.Message)
		case *multiplexv1.HandleResponse_Credit:
			same = same && got.number == fieldCredit && got.credit() == frame.Credit.GetBytes()
		case *multiplexv1.HandleResponse_Closed:
			same = same && got.number == fieldClose
		case *multiplexv1.HandleResponse_Failure:
			same = same && got.number == fieldFailure
		default:
			same = same && got.number == 0
		}
		if !same {
			t.Errorf("read %+v, protobuf reads %v", got, want)
		}
	})
}

// FuzzMachine shows that no frames of the function bring the machine into disorder: it
// neither fails nor sends what its own rules forbid.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0x08, 1, 0x22, 2, 8, 1}, []byte{0x08, 1, 0x32, 0})
	f.Add([]byte{0x08, 2, 0x2A, 2, 8, 5}, []byte{0x08, 2, 0x3A, 2, 8, 5})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		m := New()
		var handles []*Handle
		for range 3 {
			h := m.Open(nil)
			m.Send(h, make([]byte, 10))
			handles = append(handles, h)
		}
		drain(m)
		for _, data := range [][]byte{first, second, first} {
			said, err := m.Receive(data)
			if err != nil {
				return
			}
			if said.Message != nil {
				m.Taken(said.Handle, len(said.Message))
			}
			drain(m)
		}
		for _, h := range handles {
			if h.balance > Window || h.in > Window {
				t.Errorf("balances %d and %d", h.balance, h.in)
			}
		}
		if undone := m.Undone(); undone < 0 || undone > 3 {
			t.Errorf("%d handles are not done", undone)
		}
	})
}

// drain sends whatever there is to send.
func drain(m *Machine) (sent []Out) {
	for out, more := m.Next(); more; out, more = m.Next() {
		sent = append(sent, out)
	}
	return sent
}

// MUX-MSG-002: a frame that cannot be read ends the stream.
func TestUnreadableFrame(t *testing.T) {
	t.Parallel()
	_, err := New().Receive([]byte{0xff})
	if wrong, ok := errors.AsType[*Mistake](err); !ok || wrong.Requirement != "MUX-MSG-002" {
		t.Errorf("it is taken, with %v", err)
	}
}
