package runtime

import (
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// say puts what the function has said into the inbox, once there is room for it.
func (a *activation) say(in entity.Input) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.unread {
		a.changed.Wait()
	}
	a.unread = true
	a.inbox = append(a.inbox, in)
	a.stir()
}

// post puts something else that has happened into the inbox.
func (a *activation) post(in entity.Input) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active != a {
		return // It is over.
	}
	a.inbox = append(a.inbox, in)
	a.stir()
}

// pull takes the oldest thing that has happened; nil when nothing has. The caller
// holds mu.
func (a *activation) pull() entity.Input {
	var in entity.Input
	if len(a.inbox) == 0 {
		in = a.draw()
	} else {
		in = a.inbox[0]
		a.inbox[0] = nil
		a.inbox = a.inbox[1:]
	}
	if len(a.inbox) == 0 {
		a.inbox = nil // An idle entity keeps no array.
	}
	switch in.(type) {
	case entity.Received:
		a.unread, a.spoke = false, time.Now()
		a.changed.Broadcast()
	case entity.Ended:
		a.unread, a.ended = false, true
	}
	return in
}

// await waits until something happens.
func (a *activation) await() entity.Input {
	a.delegate()
	a.mu.Lock()
	defer a.mu.Unlock()
	for {
		if in := a.pull(); in != nil {
			return in
		}
		a.changed.Wait()
	}
}
