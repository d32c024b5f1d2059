package turn

import "github.com/stateward/stateward/proxy/internal/entity"

// queue holds back answers, oldest first, until everything that they rest on is
// durable. The oldest always has a write of its own: what rests on no open write is
// not held.
type queue struct {
	answers []held
	// first is the place of the oldest in answers.
	first int
}

// held is one answer that is held back.
type held struct {
	// outcome has the command's id; 0 for a write that no command waits for.
	outcome entity.Outcome
	// writes says that the store has been asked for something of it.
	writes bool
	// then follows when it is durable; nil for nothing.
	then entity.Effect
}

func (q *queue) len() int { return len(q.answers) - q.first }

// oldest returns the command whose answer is the oldest; 0 where none waits for it.
// Some answer is held.
func (q *queue) oldest() int64 { return q.answers[q.first].outcome.Command }

// holds reports whether the answer to the command, or to an older one, is held.
func (q *queue) holds(command int64) bool { return q.len() > 0 && q.oldest() <= command }

// push adds the newest answer. It goes out at once where it rests on no open write.
func (q *queue) push(answer held, out []entity.Effect) []entity.Effect {
	switch {
	case answer.writes:
	case q.len() == 0:
		return answer.release(out)
	default:
		out = append(out, entity.Answered{Command: answer.outcome.Command})
	}
	if len(q.answers) == cap(q.answers) && q.first > len(q.answers)/2 { // Rather than to grow.
		n := copy(q.answers, q.answers[q.first:])
		clear(q.answers[n:])
		q.answers, q.first = q.answers[:n], 0
	}
	q.answers = append(q.answers, answer)
	return out
}

// pop takes the oldest.
func (q *queue) pop() held {
	oldest := q.answers[q.first]
	q.answers[q.first] = held{} // Its payload may be large.
	q.first++
	if q.len() == 0 {
		q.answers, q.first = nil, 0 // An idle entity keeps no array.
	}
	return oldest
}

// stored releases the answer whose write is durable, and those behind it that wait
// for no other.
func (q *queue) stored(out []entity.Effect) []entity.Effect {
	out = q.pop().release(out)
	for q.len() > 0 && !q.answers[q.first].writes {
		out = q.pop().release(out)
	}
	return out
}

// lost refuses the answers whose write has failed, the oldest and so many of the next
// that were in it, and returns the commands whose answers come to nothing with them:
// they are to be asked again, in their order.
func (q *queue) lost(err error, along int, out []entity.Effect) (again []int64, _ []entity.Effect) {
	for failing := 1 + along; q.len() > 0; {
		answer := q.pop()
		command, fails := answer.outcome.Command, answer.writes && failing > 0
		if fails {
			failing--
		}
		switch {
		case command == 0:
		case fails:
			out = append(out, entity.Complete{Command: command, Outcome: entity.Outcome{Command: command, Err: refusal(err)}})
		default:
			again = append(again, command)
		}
	}
	return again, out
}

func (h held) release(out []entity.Effect) []entity.Effect {
	if h.then != nil {
		out = append(out, h.then)
	}
	if h.outcome.Command == 0 {
		return out
	}
	return append(out, entity.Complete{Command: h.outcome.Command, Outcome: h.outcome})
}
