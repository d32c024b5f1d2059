package wire

// Kind is a kind of entity.
type Kind uint8

// The kinds that the proxy runs. The zero Kind is none of them.
const (
	// EventSourced entities keep their state as events.
	EventSourced Kind = iota + 1
	// Value entities keep one value, which each change replaces.
	Value
	// Replicated entities live on every proxy at once, and merge.
	Replicated
	// Action is a service without state, key or activation.
	Action
)

// String returns the kind's name as people say it, and as it is recorded for a
// persistence id.
func (k Kind) String() string {
	switch k {
	case EventSourced:
		return "event sourced"
	case Value:
		return "value"
	case Replicated:
		return "replicated"
	case Action:
		return "action"
	default:
		return "unknown"
	}
}

// Stateful reports whether entities of the kind have a key and stored state.
func (k Kind) Stateful() bool { return k == EventSourced || k == Value || k == Replicated }

// Allows reports whether a method of a service of the kind may have the shape.
func (k Kind) Allows(shape Shape) bool {
	switch k {
	case EventSourced, Value:
		return shape == Unary
	case Replicated:
		return shape == Unary || shape == StreamedOut
	case Action:
		return shape < Shapes
	default:
		return false
	}
}

// Shape says which sides of a method stream.
type Shape uint8

// The shapes of a method, named as the calls of an action are.
const (
	// Unary methods take one request and give one response.
	Unary Shape = iota
	// StreamedIn methods take a stream of requests and give one response.
	StreamedIn
	// StreamedOut methods take one request and give a stream of responses.
	StreamedOut
	// Streamed methods take a stream and give a stream.
	Streamed
	// Shapes is how many there are.
	Shapes
)

// ShapeOf returns the shape of a method whose caller or whose answerer streams.
func ShapeOf(requests, responses bool) Shape {
	switch {
	case requests && responses:
		return Streamed
	case responses:
		return StreamedOut
	case requests:
		return StreamedIn
	default:
		return Unary
	}
}

// Requests reports whether the caller streams.
func (s Shape) Requests() bool { return s == StreamedIn || s == Streamed }

// Responses reports whether the method streams its answers.
func (s Shape) Responses() bool { return s == StreamedOut || s == Streamed }

// String returns the shape's name as people say it.
func (s Shape) String() string {
	switch s {
	case Unary:
		return "unary"
	case StreamedIn:
		return "streamed in"
	case StreamedOut:
		return "streamed out"
	case Streamed:
		return "streamed"
	default:
		return "unknown"
	}
}
