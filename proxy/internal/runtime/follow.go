package runtime

import (
	"errors"
	"io"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Follower is a Stream that needs no goroutine for who receives from it: it has one for
// many.
type Follower interface {
	Stream
	// Follow has wake called whenever Next may have more, from any goroutine, and with
	// nothing held that Next needs. It is called once, and Recv never.
	Follow(wake func())
	// Next returns what Recv would return, and false where Recv would wait.
	Next() (message proto.Message, err error, ok bool)
}

// Doubtful is a Stream that knows whether its function takes commands.
type Doubtful interface {
	Stream
	// Err returns why the function takes no further command now, as a fault.Error; nil
	// when it does. It is called from any goroutine.
	Err() error
}

// follow sees to it that what the function says comes in, until the stream has ended.
func (a *activation) follow() {
	follower, is := a.stream.(Follower)
	if !is {
		a.runtime.running.Go(a.listen) // Ends with Ended, for which end waits.
		return
	}
	a.mu.Lock()
	a.follower = follower
	a.mu.Unlock()
	follower.Follow(a.hail)
}

// listen passes on what the function says until the stream has ended.
func (a *activation) listen() {
	for {
		in := said(a.stream.Recv())
		a.say(in)
		if _, over := in.(entity.Ended); over {
			return
		}
	}
}

// said returns what came from the stream as the machine is told it.
func said(message proto.Message, err error) entity.Input {
	switch {
	case errors.Is(err, io.EOF):
		return entity.Ended{}
	case err != nil:
		return entity.Ended{Err: err}
	default:
		return entity.Received{Message: message, At: time.Now()}
	}
}

// hail says that the follower may have more.
func (a *activation) hail() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active == a {
		a.hailed = true
		a.stir()
	}
}

// draw takes the next message from the follower; nil when there is none. The caller
// holds mu.
func (a *activation) draw() entity.Input {
	if !a.hailed || a.ended {
		return nil
	}
	message, err, ok := a.follower.Next()
	if !ok {
		a.hailed = false
		return nil
	}
	return said(message, err)
}

// doubts returns why the function takes no command of the entity now, where its stream
// is open and says so (LIFE-HEALTH-003). Those that wait already are sent all the same
// (LIFE-HEALTH-004). The caller holds mu.
func (i *instance) doubts() error {
	if i.active == nil || i.active.doubtful == nil {
		return nil
	}
	return i.active.doubtful.Err()
}
