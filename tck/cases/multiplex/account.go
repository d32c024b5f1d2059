package multiplex

import (
	"fmt"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// The numbers of the protocol, in bytes.
const (
	window             = 65536
	longestDescription = 1024
)

// account is what the kit has sent and read of one handle. It is pure.
type account struct {
	out int64 // what the kit may send
	in  int64 // what the function may send
	// ended is set once the function's last frame was read.
	ended bool
	// aside are the frames that were read while another handle was looked at, credit
	// left out.
	aside []*response
}

func newAccount() *account { return &account{out: window, in: window} }

// admits says whether a message of n bytes may go with the balance.
func admits(balance, n int64) bool { return n <= balance || balance == window }

// read takes a frame of the function, and returns what is wrong with it: first what the
// function should have sent, and then what it did; both are empty when nothing is.
func (a *account) read(frame *response) (expected, got string) {
	if a.ended {
		return "no frame behind the last one of a handle", received(frame)
	}
	switch kind := frame.GetFrame().(type) {
	case *multiplexv1.HandleResponse_Message:
		return a.message(int64(len(kind.Message)), received(frame))
	case *multiplexv1.HandleResponse_Credit:
		m := kind.Credit.GetBytes()
		if m <= 0 || m > window-a.out {
			return fmt.Sprintf("credit of 1 to %d B", window-a.out), received(frame)
		}
		a.out += m
	case *multiplexv1.HandleResponse_Closed:
		a.ended = true
	case *multiplexv1.HandleResponse_Failure:
		a.ended = true
		if n := len(kind.Failure.GetDescription()); n > longestDescription {
			return fmt.Sprintf("a description of at most %d B", longestDescription), fmt.Sprintf("one of %d B", n)
		}
	default:
		return "a frame in which a case is set", received(frame)
	}
	return "", ""
}

func (a *account) message(n int64, notation string) (expected, got string) {
	switch {
	case n == 0:
		return "a message of at least 1 B", notation
	case !admits(a.in, n):
		return fmt.Sprintf("no message of %d B with a balance of %d B", n, a.in), notation
	}
	a.in -= n
	return "", ""
}
