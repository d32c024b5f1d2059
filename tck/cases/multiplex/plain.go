package multiplex

import (
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// eventSourced is the kind of the streams.
var eventSourced = discovery.EventSourced

// plainWire is how a plain stream is talked to.
var plainWire = script.Wire[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
	Service: peer.Service[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
		Method:   eventsourcedv1.EventSourcedService_Handle_FullMethodName,
		Sent:     eventsourced.Sent,
		Received: eventsourced.Received,
	},
}

// plain is a part in a script: an entity on a plain stream.
type plain script.Part

func (p plain) part() script.Part { return script.Part(p) }

func (p plain) init() script.Line {
	return plainWire.Sends(p.part(), func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Init(entity, 0, "", 0)
	})
}

func (p plain) process(id int64, values ...string) script.Line {
	return plainWire.Sends(p.part(), func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Process(entity, id, values...)
	})
}

func (p plain) reply(id int64, state string, values ...string) script.Line {
	expected := eventsourced.Reply(id, state, values...)
	return script.Line{
		Text: p.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			got, err := plainWire.Receive(sc, p.part(), expected)
			switch {
			case err != nil:
				return err
			case eventsourced.Received(got) != expected:
				return p.part().Mismatch(expected, eventsourced.Received(got))
			}
			sc.Checked()
			return nil
		},
	}
}

// left half-closes the stream, and expects its end.
func (p plain) left() script.Line {
	return script.Sequence(plainWire.HalfClose(p.part()), plainWire.Ended(p.part()))
}
