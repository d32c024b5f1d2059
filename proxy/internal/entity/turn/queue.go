package turn

import "github.com/stateward/stateward/proxy/internal/entity"

// most is how many answers may be held. A function is asked nothing more until the
// store has caught up.
const most = 256

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
	command int64
	outcome entity.Outcome
	// writes says that the store has been asked for something of it.
	writes bool
	// then follows when it is durable; nil for nothing.
	then entity.Effect
}

func (q *queue) empty() bool { return q.first == len(q.answers) }

func (q *queue) full() bool { return len(q.answers)-q.first >= most }

// holds reports whether the answer to the command, or to an older one, is held.
func (q *queue) holds(command int64) bool { return !q.empty() && q.answers[q.first].command <= command }

// push adds the newest answer. It goes out at once where it rests on no open write.
func (q *queue) push(answer held, out []entity.Effect) []entity.Effect {
	switch {
	case answer.writes:
	case q.empty():
		return answer.release(out)
	default:
		out = append(out, entity.Answered{Command: answer.command})
	}
	if q.first == most {
		q.answers = append(q.answers[:0], q.answers[q.first:]...)
		q.first = 0
	}
	q.answers = append(q.answers, answer)
	return out
}

// pop takes the oldest.
func (q *queue) pop() held {
	oldest := q.answers[q.first]
	q.answers[q.first] = held{} // Its payload may be large.
	q.first++
	if q.empty() {
		q.answers, q.first = nil, 0 // An idle entity keeps no array.
	}
	return oldest
}

// stored releases the answer whose write is durable, and those behind it that wait
// for no other.
func (q *queue) stored(out []entity.Effect) []entity.Effect {
	out = q.pop().release(out)
	for !q.empty() && !q.answers[q.first].writes {
		out = q.pop().release(out)
	}
	return out
}

// lost refuses the answers whose write has failed, the oldest and so many of the next
// that were in it, and returns the commands whose answers come to nothing with them:
// they are to be asked again, in their order.
func (q *queue) lost(err error, along int, out []entity.Effect) (again []int64, _ []entity.Effect) {
	for failing := 1 + along; !q.empty(); {
		answer := q.pop()
		if answer.writes && failing > 0 {
			failing--
			refused := entity.Outcome{Command: answer.command, Err: refusal(err)}
			out = append(out, entity.Complete{Command: answer.command, Outcome: refused})
		} else {
			again = append(again, answer.command)
		}
	}
	return again, out
}

func (h held) release(out []entity.Effect) []entity.Effect {
	if h.then != nil {
		out = append(out, h.then)
	}
	return append(out, entity.Complete{Command: h.command, Outcome: h.outcome})
}
