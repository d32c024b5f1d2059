package replicated

import (
	"slices"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// opening are the cases with a streamed command.
func opening() []string {
	return append(streamedCases(),
		"replicated/effects/of-", "replicated/write-consistency/of-a-cancellation", "replicated/write-consistency/of-a-streamed",
		"replicated/streams/half-close-with", "replicated/streams/reset-with", "replicated/commands/reply-type", "replicated/commands/another-entity-id-c")
}

// streamedMutants are wrong about streamed commands and their cancellation.
func streamedMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "streams-before-the-reply", KilledBy: "REP-STREAM-001", Message: "a streamed message for which nothing asked",
			MayAlsoFail: opening(),
			Defect: onOutputs(func(entity *activation, in *request, out []*response) []*response {
				if in.GetCommand().GetStreamed() && entity.value != nil {
					return append([]*response{message(in.GetCommand().GetId(), entity.value.state())}, out...)
				}
				return out
			}),
		},
		{
			Name: "replies-to-streamed-commands-by-a-message", KilledBy: "REP-STREAM-001", Message: "got streamed message 1",
			MayAlsoFail: opening(),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if reply := first(out).GetReply(); in.GetCommand().GetStreamed() && reply != nil {
					out[0] = &response{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: &replicatedv1.StreamedMessage{
						CommandId: reply.GetCommandId(), ClientAction: reply.GetClientAction(),
					}}}
				}
				return out
			}),
		},
		{
			Name: "misses-changes-from-elsewhere", KilledBy: "REP-STREAM-001", Message: "nothing within",
			MayAlsoFail: opening(),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in.GetDelta() != nil && failureOf(out) == nil {
					return nil
				}
				return out
			}),
		},
		{
			Name: "streams-after-it-has-failed", KilledBy: "REP-STREAM-001", Message: "a streamed message for which nothing asked",
			Defect: onOutputs(func(entity *activation, in *request, out []*response) []*response {
				if command := in.GetCommand(); command.GetStreamed() && first(out).GetReply().GetClientAction().GetFailure() != nil {
					out = append(out, message(command.GetId(), entity.value.state()))
				}
				return out
			}),
		},
		{
			Name: "does-not-say-that-more-may-come", KilledBy: "REP-STREAM-002", Message: "got reply 1",
			MayAlsoFail: opening(),
			Defect:      onReplies(func(reply *replicatedv1.ReplicatedReply) { reply.Streamed = false }),
		},
		{
			Name: "says-that-more-may-come-of-every-command", KilledBy: "REP-STREAM-003", Message: "more to come",
			MayAlsoFail: anyEntity(),
			Defect:      onReplies(func(reply *replicatedv1.ReplicatedReply) { reply.Streamed = true }),
		},
		{
			Name: "says-that-more-may-come-after-a-failure", KilledBy: "REP-STREAM-002", Message: "more to come",
			MayAlsoFail: []string{"replicated/streamed/"},
			Defect: onFailures(func(_ *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				reply.Streamed = in.GetCommand().GetStreamed()
			}),
		},
		{
			Name: "streams-after-the-end", KilledBy: "REP-STREAM-004", Message: "a streamed message for which nothing asked",
			MayAlsoFail: append(opening(), "replicated/cancel/"),
			Defect:      neverEnding(false),
		},
		{
			Name: "loses-the-end", KilledBy: "REP-STREAM-004", Message: "end_stream",
			MayAlsoFail: streamedCases(),
			Defect: onOutputs(func(_ *activation, _ *request, out []*response) []*response {
				for _, message := range out {
					if message.GetStreamedMessage() != nil {
						message.GetStreamedMessage().EndStream = false
					}
				}
				return out
			}),
		},
		{
			Name: "does-not-answer-cancellations", KilledBy: "REP-CANCEL-003", Message: "nothing within",
			MayAlsoFail: opening(),
			Defect:      withoutCancelled(func(*activation, *replicatedv1.StreamCancelledResponse) bool { return true }),
		},
		{
			Name: "does-not-answer-late-cancellations", KilledBy: "REP-CANCEL-003", Message: "nothing within",
			MayAlsoFail: []string{"replicated/cancel/"},
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					cancelled := in.GetStreamCancelled()
					known := slices.ContainsFunc(entity.calls, func(one call) bool { return one.id == cancelled.GetId() })
					if cancelled != nil && entity.service != "" && cancelled.GetEntityId() == entity.id && !known {
						return nil, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "answers-cancellations-twice", KilledBy: "REP-CANCEL-011", Message: "got stream_cancelled_response 1",
			MayAlsoFail: opening(),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in.GetStreamCancelled() != nil && failureOf(out) == nil {
					return append(out, &response{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{
						StreamCancelledResponse: &replicatedv1.StreamCancelledResponse{CommandId: in.GetStreamCancelled().GetId()},
					}})
				}
				return out
			}),
		},
		{
			Name: "answers-the-end-as-a-cancellation", KilledBy: "REP-CANCEL-011", Message: "got stream_cancelled_response 2",
			MayAlsoFail: opening(),
			Defect: onOutputs(func(_ *activation, _ *request, out []*response) []*response {
				for _, message := range out {
					if said := message.GetStreamedMessage(); said.GetEndStream() {
						out = append(out, &response{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{
							StreamCancelledResponse: &replicatedv1.StreamCancelledResponse{CommandId: said.GetCommandId()},
						}})
					}
				}
				return out
			}),
		},
		{
			Name: "streams-after-a-cancellation", KilledBy: "REP-CANCEL-004", Message: "a streamed message for which nothing asked",
			MayAlsoFail: opening(),
			Defect:      neverEnding(true),
		},
		{
			Name: "loses-the-change-of-a-cancellation", KilledBy: "REP-CANCEL-005", Message: "got stream_cancelled_response 1",
			MayAlsoFail: opening(),
			Defect:      onCancelled(func(answer *replicatedv1.StreamCancelledResponse) { answer.StateAction = nil }),
		},
		{
			Name: "sends-the-change-of-a-cancellation-again", KilledBy: "REP-CANCEL-005", Message: "the change of the cancellation was sent again",
			MayAlsoFail: opening(),
			Defect:      sendingAgain,
		},
		{
			Name: "does-not-perform-the-change-of-a-cancellation", KilledBy: "REP-CANCEL-005", Message: "got stream_cancelled_response 1",
			MayAlsoFail: opening(),
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetStreamCancelled() != nil {
					for _, one := range entity.calls {
						one.asked.CancelUpdate = nil
					}
				}
			}),
		},
	}
}

// first is the first message; nil when there is none.
func first(out []*response) *response {
	if len(out) == 0 {
		return nil
	}
	return out[0]
}

// withoutCancelled leaves answers to cancellations out.
func withoutCancelled(leave func(*activation, *replicatedv1.StreamCancelledResponse) bool) defect.Defect {
	return onOutputs(func(entity *activation, _ *request, out []*response) []*response {
		return slices.DeleteFunc(out, func(message *response) bool {
			answer := message.GetStreamCancelledResponse()
			return answer != nil && leave(entity, answer)
		})
	})
}

// neverEnding goes on with calls that have ended: those that were cancelled, or those
// whose end it has sent itself.
func neverEnding(cancelled bool) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			before := slices.Clone(entity.calls)
			out, end := next(in)
			if len(entity.calls) < len(before) && cancelled == (in.GetStreamCancelled() != nil) && entity.value != nil {
				for i := range before {
					before[i].asked.EndState, before[i].asked.CancelUpdate = nil, nil
				}
				entity.calls = before
			}
			return out, end
		}
	})
}

// sendingAgain sends what a cancellation has changed with the next update of a growing
// counter too.
func sendingAgain() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		var sent uint64
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				sent += message.GetStreamCancelledResponse().GetStateAction().GetUpdate().GetGcounter().GetIncrement()
				if update := message.GetReply().GetStateAction().GetUpdate().GetGcounter(); update != nil {
					update.Increment += sent
					sent = 0
				}
			}
			return out, end
		}
	})
}
