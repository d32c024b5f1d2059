package rest

import (
	"bytes"
	"mime"
	"strings"
)

// form is how an answer is written.
type form uint8

const (
	// one is the answer of a unary call.
	one form = iota
	// lines is a stream as newline-delimited JSON.
	lines
	// events is a stream as server-sent events.
	events
	// data is a stream of google.api.HttpBody, one behind the other.
	data
)

const eventStream = "text/event-stream"

// contentType returns that of a stream whose first response has the kind.
func (f form) contentType(kind string) string {
	switch f {
	case lines:
		return "application/x-ndjson" // HTTP-STREAM-002
	case events:
		return eventStream
	case one, data:
		return kind
	default:
		return kind
	}
}

// response returns the bytes of one response of a stream.
func (f form) response(body []byte) []byte {
	switch f {
	case lines:
		return around(`{"result":`, body, "}\n") // HTTP-STREAM-003
	case events:
		return around("data: ", body, "\n\n") // HTTP-STREAM-005
	case one, data:
		return body
	default:
		return body
	}
}

// failure returns the bytes of a failure after the first response.
func (f form) failure(body []byte) []byte {
	if f == events {
		return around("event: failure\ndata: ", body, "\n\n") // HTTP-STREAM-006
	}
	return around(`{"error":`, body, "}\n") // HTTP-STREAM-004
}

// end returns the bytes of the end with OK.
func (f form) end() []byte {
	if f == events {
		return []byte("event: end\ndata: {}\n\n") // HTTP-STREAM-007
	}
	return nil
}

func around(before string, body []byte, after string) []byte {
	return bytes.Join([][]byte{[]byte(before), body, []byte(after)}, nil)
}

// takesEvents reports whether the header accept names text/event-stream with a weight
// other than 0 (HTTP-STREAM-002).
func takesEvents(accept []string) bool {
	for _, line := range accept {
		for named := range strings.SplitSeq(line, ",") {
			media, parameters, err := mime.ParseMediaType(named)
			if err == nil && media == eventStream && !isZero(parameters["q"]) {
				return true
			}
		}
	}
	return false
}

// isZero reports whether a weight is 0, however many digits that has.
func isZero(weight string) bool {
	return strings.HasPrefix(weight, "0") && strings.Trim(weight, "0.") == ""
}
