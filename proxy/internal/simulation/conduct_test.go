package simulation

import (
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// model is what the function has in memory of one entity: the tokens of its orders, in
// their order, or sorted where the entity is replicated.
type model struct {
	state string
	// watching are the streamed commands that are open.
	watching []int64
}

// conduct is how the function answers one command.
type conduct int

const (
	replies   conduct = iota
	refuses           // with a domain failure, and a change that must not be kept
	restarts          // as refuses, and asks for a restart
	tiring            // with a failure that may be retried
	mute              // with a message that says nothing
	confused          // with the id of another command
	broken            // with a failure that concerns the stream
	silent            // not at all
	repeating         // twice
	leaving           // by ending the stream, OK
	crashing          // by ending it otherwise
)

var conducts = [...]string{"replies", "refuses", "restarts", "is tired", "is mute", "is confused", "is broken", "is silent", "repeats", "leaves", "crashes"}

func (c conduct) String() string { return conducts[c] }

// bad is what must not be kept.
const bad = "bad;"

// handle lets the function take one message, and says what it did: how is the way in
// which it answers a command, with a snapshot or without. Declined gets the tokens of
// orders that it has refused.
func (s *stream) handle(how conduct, snapshot bool, declined map[string]bool) string {
	if s.utter() {
		return "goes on"
	}
	message := s.next()
	if message == nil {
		s.end(io.EOF)
		return "ends"
	}
	defer s.utter()
	command := s.role.take(s, message)
	if command == nil {
		return "takes " + describe(message)
	}
	if o, err := decode(command.GetPayload().GetValue()); err == nil && (how == refuses || how == restarts) {
		declined[o.Token] = true
	}
	s.answer(command, how, snapshot)
	if s.kind == acting && how != silent {
		s.leave(io.EOF) // Unless it ends otherwise before.
	}
	return how.String() + " to " + describe(message)
}

// answer answers a command so.
func (s *stream) answer(command *entityv1.Command, how conduct, snapshot bool) {
	if s.kind == acting && how == confused { // Its command has no id.
		how = mute
	}
	switch how {
	case replies:
		s.say(s.reply(command, snapshot))
		if command.GetName() == "Add" {
			s.say(s.stream()...)
		}
		if command.GetStreamed() {
			s.model.watching = append(s.model.watching, command.GetId())
		}
	case refuses, restarts, tiring:
		failure := &entityv1.Failure{CommandId: command.GetId(), Description: "no", Restart: how == restarts, Retryable: how == tiring}
		s.say(s.role.refusal(command.GetId(), &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: failure}}))
	case mute:
		s.say(s.role.nothing())
	case confused:
		s.say(s.worse(command.GetId() + 1000))
	case broken:
		if message := s.role.failed(&entityv1.Failure{Description: "broken"}); message != nil {
			s.say(message)
		} else {
			s.leave(status.Error(codes.Aborted, "broken"))
		}
	case repeating:
		s.say(s.reply(command, false), s.worse(command.GetId()))
	case leaving:
		s.leave(io.EOF)
	case crashing:
		s.leave(status.Error(codes.Unknown, "the function has crashed"))
	case silent:
	}
}

// reply does what the command wants, and answers it.
func (s *stream) reply(command *entityv1.Command, snapshot bool) proto.Message {
	o, err := decode(command.GetPayload().GetValue())
	if err != nil {
		panic(err)
	}
	if command.GetName() != "Add" {
		o.Then = nil
	}
	return s.role.reply(s, command, o, snapshot)
}

// worse is a reply that must not be taken.
func (s *stream) worse(id int64) proto.Message {
	return s.reply(&entityv1.Command{Id: id, Name: "Add", Payload: text(string(order{Token: bad}.encode()))}, false)
}
