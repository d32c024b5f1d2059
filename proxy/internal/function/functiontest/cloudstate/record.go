package cloudstate

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// Call is one call or stream that the proxy opened, as it was on the wire.
type Call struct {
	// Connection is the number of its connection, from 1.
	Connection int
	// Path is the gRPC path.
	Path string
	// Opened is when its headers passed; see Event.Order.
	Opened int
	// Events are what passed after them, in order.
	Events []Event
}

// What is a kind of Event.
type What uint8

// What may pass in a call.
const (
	// Message is one message, of either side.
	Message What = iota + 1
	// HalfClose says that the proxy sends nothing more.
	HalfClose
	// Reset says that the proxy broke the call off.
	Reset
	// Status is the function's end of the call.
	Status
	// Lost says that the connection ended before the call.
	Lost
)

// Event is one thing that passed in a call.
type Event struct {
	What What
	// Order is its place among everything that passed through the relay, from 1.
	Order int
	At    time.Time
	// FromProxy says who sent a message.
	FromProxy bool
	// Bytes are those of a message.
	Bytes []byte
	// Alone says that a half-close had a frame of its own, and did not come with the
	// last message.
	Alone bool
	// Code and Text are those of a status.
	Code codes.Code
	Text string
}

// Sent returns the messages that the proxy sent.
func (c Call) Sent() [][]byte { return c.messages(true) }

// Answered returns the messages that the function sent.
func (c Call) Answered() [][]byte { return c.messages(false) }

func (c Call) messages(fromProxy bool) [][]byte {
	var messages [][]byte
	for _, e := range c.Events {
		if e.What == Message && e.FromProxy == fromProxy {
			messages = append(messages, e.Bytes)
		}
	}
	return messages
}

// Find returns the first event of the kind, if there is one.
func (c Call) Find(what What) (Event, bool) {
	for _, e := range c.Events {
		if e.What == what {
			return e, true
		}
	}
	return Event{}, false
}

// End returns the event with which the call was over; the zero Event while it is open.
func (c Call) End() Event {
	for _, e := range c.Events {
		if e.What == Status || e.What == Reset || e.What == Lost {
			return e
		}
	}
	return Event{}
}

// String is the call in a line, for people.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "connection %d, %s:", c.Connection, c.Path)
	for _, e := range c.Events {
		switch {
		case e.What == Message && e.FromProxy:
			fmt.Fprintf(&b, " >%x", e.Bytes)
		case e.What == Message:
			fmt.Fprintf(&b, " <%x", e.Bytes)
		case e.What == HalfClose:
			b.WriteString(" half-close")
		case e.What == Reset:
			b.WriteString(" reset")
		case e.What == Lost:
			b.WriteString(" lost")
		case e.What == Status:
			fmt.Fprintf(&b, " %v %q", e.Code, e.Text)
		}
	}
	return b.String()
}

// Connection is one connection of the proxy.
type Connection struct {
	// Opened is when it began.
	Opened time.Time
	// Pings are when the proxy sent one that the function had not asked for.
	Pings []time.Time
	// GoneAway says that the function sent GOAWAY, and Debug with which text.
	GoneAway bool
	Debug    string
}
