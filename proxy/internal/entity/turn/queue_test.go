package turn

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// A queue that is never empty takes the places of the answers that have left rather
// than more memory, and keeps none of what they held.
func TestQueueKeepsItsSize(t *testing.T) {
	t.Parallel()
	var q queue
	for command := range int64(1000) {
		answer := held{outcome: entity.Outcome{Command: command, Stored: []string{"large"}}, writes: true}
		q.push(answer, nil)
		if q.len() > 10 {
			q.stored(nil)
		}
	}
	if size := cap(q.answers); size > 40 {
		t.Errorf("for 10 answers it has %d places", size)
	}
	for i, place := range q.answers[:cap(q.answers)] {
		if kept := place.outcome.Stored != nil; kept != (q.first <= i && i < len(q.answers)) {
			t.Errorf("place %d of %d to %d holds an answer: %t", i, q.first, len(q.answers), kept)
		}
	}
}
