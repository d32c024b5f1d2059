// Package trace is the record of one run of a case: every frame that passed between
// the kit and the subject, as it was on the wire, so that it can be written down and
// sent again.
package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
)

// Kind says what a frame does on its call.
type Kind string

// The kinds of frame.
const (
	// Sent is a message of the kit.
	Sent Kind = "sent"
	// HalfClose says that the kit sends no more.
	HalfClose Kind = "half-close"
	// Reset is the kit's breaking the call off.
	Reset Kind = "reset"
	// Received is a message of the subject.
	Received Kind = "received"
	// End is the status with which the subject ended the call.
	End Kind = "end"
	// Note is something that cannot be sent again.
	Note Kind = "note"
)

// Frame is one thing that passed.
type Frame struct {
	// Call numbers the calls of a case, from 1; 0 for a note.
	Call int `json:"call,omitempty"`
	// Method is the full name of what was called, such as
	// "/stateward.eventsourced.v1.EventSourcedService/Handle"; empty for a note.
	Method string `json:"method,omitempty"`
	// Kind says what it is.
	Kind Kind `json:"kind"`
	// Text is its notation; empty for what goes without saying, such as the
	// half-close of a call of one request.
	Text string `json:"text,omitempty"`
	// Raw is the message in protobuf's binary form; nil for what has none.
	Raw []byte `json:"raw,omitempty"`
}

// Encode is the binary form of a message, the same each time. What cannot be
// encoded, because a text in it is not UTF-8, never was on a wire: it gives nil.
func Encode(message any) []byte {
	m, ok := message.(proto.Message)
	if !ok {
		return nil
	}
	raw, err := proto.MarshalOptions{Deterministic: true, AllowPartial: true}.Marshal(m)
	if err != nil {
		return nil
	}
	return raw
}

// Schema is the version of a trace's form.
const Schema = "v1"

// maxBytes bounds what is read as a trace: the largest message of a case is one
// above the limit of 4 MiB, and base64 makes it larger.
const maxBytes = 64 << 20

// Trace is one run of one case.
type Trace struct {
	// Schema is the version of this form.
	Schema string `json:"schema"`
	// Case is its id, and Requirements are those that it measures.
	Case         string   `json:"case"`
	Requirements []string `json:"requirements"`
	// Subject says how the subject was attached, and Seed what the run was seeded
	// with.
	Subject string `json:"subject"`
	Seed    int64  `json:"seed"`
	// Verdict is that of the run, such as "fail"; Message says why.
	Verdict string `json:"verdict"`
	Message string `json:"message,omitempty"`
	// Frames are all that passed, in order.
	Frames []Frame `json:"frames"`
}

// Marshal writes a trace as JSON.
func Marshal(t *Trace) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(t); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	return out.Bytes(), nil
}

// Unmarshal reads a trace. It refuses fields that a trace does not have, and frames
// that cannot be played.
func Unmarshal(text []byte) (*Trace, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("trace: %d bytes are more than the %d that one may have", len(text), maxBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	t := &Trace{}
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("trace: this is no trace: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("trace: this is no trace: something follows it")
	}
	if t.Schema != Schema {
		return nil, fmt.Errorf("trace: its schema is %q, and this kit knows %q", t.Schema, Schema)
	}
	return t, check(t.Frames)
}

// check refuses what no run leaves behind.
func check(frames []Frame) error {
	played := 0
	methods := map[int]string{}
	for i, f := range frames {
		switch f.Kind {
		case Note:
			continue
		case Sent, HalfClose, Reset, Received, End:
		default:
			return fmt.Errorf("trace: frame %d is of no kind that there is: %q", i+1, f.Kind)
		}
		if known, seen := methods[f.Call]; f.Call < 1 || f.Method == "" || seen && known != f.Method {
			return fmt.Errorf("trace: frame %d belongs to no call", i+1)
		}
		methods[f.Call] = f.Method
		played++
	}
	if played == 0 {
		return errors.New("trace: nothing in it can be sent again")
	}
	return nil
}
