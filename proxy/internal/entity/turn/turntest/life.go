package turntest

import (
	"bytes"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/store"
)

// life is that of one machine. It keeps the runtime's half of the contract.
type life struct {
	kind    Kind
	machine entity.Machine
	known   map[string]bool // the ids of the specification
	effects []entity.Effect

	// stored are the inputs that are still to come before Recovered.
	stored                    []entity.Input
	opened, recovered, closed bool
	// asked is the newest command, and answered the newest that the function has
	// answered. Open are those that have no outcome and are not to be asked again, oldest
	// first.
	asked, answered int64
	open            []int64
	// writes are the commands of the writes that are under way, oldest first; 0 of a
	// write that no command waits for.
	writes []int64
	// lost says that one of them has failed, and not unnoticed (ES-ASK-012).
	lost bool
	// last is what the entity has when all of them are stored.
	last  int64
	waits bool // a timer runs
}

func (k Kind) begin(bytesOfLife []byte, known map[string]bool) *life {
	l := &life{kind: k, known: known}
	l.machine, l.stored = k.Begin(bytes.HasPrefix(bytesOfLife, []byte("*")), bytes.Count(bytesOfLife, []byte(".")))
	if opened, ok := l.stored[0].(entity.Opened); ok {
		l.last, l.waits = opened.Last, opened.Left > 0
	}
	return l
}

// input returns the input that the byte stands for, nil when the contract does not
// allow it now.
func (l *life) input(b byte, first, second []byte) entity.Input {
	switch {
	case b == 'o' && !l.opened:
		l.opened = true
		return l.load()
	case !l.opened:
		return nil
	case b == '.' && len(l.stored) > 0 && !l.recovered && !l.closed:
		return l.load()
	case b == 'r' && !l.recovered && !l.closed:
		l.recovered = true
		return entity.Recovered{}
	case (b == 'c' || b == 'k') && l.machine.Ready():
		l.asked++
		l.open = append(l.open, l.asked)
		return entity.Arrived{Command: entity.Command{Name: "Do", Response: "Text", Key: map[byte]string{'k': "key"}[b]}}
	case b == 'p' && l.machine.Idle():
		return entity.Passivate{}
	case b == 'E' && l.waits:
		l.waits = false
		return entity.Elapsed{Timer: 1}
	case len(l.writes) > 0 && strings.IndexByte("sFUV", b) >= 0:
		return l.outcome(b)
	default:
		return l.said(b, first, second)
	}
}

// load returns the next input from the store.
func (l *life) load() entity.Input {
	next := l.stored[0]
	l.stored = l.stored[1:]
	return next
}

// outcome is what the store says of the oldest write: that it is stored, that another
// writer was first, or that nobody knows, of it and of one or all behind it.
func (l *life) outcome(b byte) entity.Input {
	oldest := l.writes[0]
	l.writes = l.writes[1:]
	l.lost = l.lost || b == 'F' || b != 's' && oldest != 0
	switch b {
	case 'F':
		return entity.Persisted{Err: store.ErrConflict}
	case 'U':
		return entity.Persisted{Err: errUnknown, Along: len(l.writes)}
	case 'V':
		return entity.Persisted{Err: errUnknown, Along: min(1, len(l.writes))}
	default:
		return entity.Persisted{}
	}
}

var errUnknown = errors.New("who knows")

// said is what comes of the function, or of the lack of it.
func (l *life) said(b byte, first, second []byte) entity.Input {
	switch b {
	case 'a':
		return l.received(first, l.asked)
	case 'b':
		return l.received(second, l.asked)
	case 'x':
		return l.received(second, l.asked+1)
	case 't':
		return entity.TimedOut{}
	case 'e':
		return entity.Ended{}
	case 'u':
		return entity.Ended{Err: fault.New(fault.Internal, "unreadable")}
	case 'g':
		return entity.Gone{Command: l.asked}
	default:
		return nil
	}
}

func (l *life) received(encoded []byte, command int64) entity.Input {
	var message proto.Message
	if message = l.kind.Decode(encoded, command); message == nil {
		return nil // The stream's codec refuses it: the machine sees Ended.
	}
	return entity.Received{Message: message, At: entitytest.Moment}
}
