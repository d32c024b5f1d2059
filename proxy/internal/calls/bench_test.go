package calls_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/calls/callstest"
	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// nobody is a caller that keeps nothing.
type nobody struct{ caller }

func (*nobody) Send(calls.Item) error { return nil }

// BenchmarkUnary is one call of an action but for gRPC: the machine, its driver, and a
// function in memory.
func BenchmarkUnary(b *testing.B) {
	response := callstest.Reply("x")
	w := start(b, func(c *callstest.Call) error {
		if _, err := c.Recv(); err != nil {
			return err
		}
		return c.Send(response)
	}, nil)
	call := calls.Call{
		Call:   action.Call{Service: "shop.Rates", Method: "Convert", Shape: wire.Unary, Input: "t/test.Text", Output: "test.Text"},
		Caller: new(nobody),
		Over:   func() {},
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Run(b.Context(), call); err != nil {
			b.Fatal(err)
		}
	}
}
