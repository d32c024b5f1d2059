package storetool

import (
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Progress tells a person how far long work has come: on a terminal in one line that
// changes, elsewhere in a line every few seconds. It holds nothing of what is stored. It
// is for one goroutine. A nil one tells nothing.
type Progress struct {
	out      io.Writer
	terminal bool
	what     string
	clock    func() time.Time

	began, told time.Time
	items       int64
	bytes       int64
}

// How often something is told.
const (
	tellTerminal = 200 * time.Millisecond
	tellLog      = 5 * time.Second
)

// NewProgress begins to tell of the work, which is called so.
func NewProgress(out io.Writer, terminal bool, what string, clock func() time.Time) *Progress {
	now := clock()
	return &Progress{out: out, terminal: terminal, what: what, clock: clock, began: now, told: now}
}

// Of says what the work is done with.
func (p *Progress) Of(name string) {
	if p != nil {
		p.what += " of " + name
	}
}

// count counts the item, and tells when it is time to.
func (p *Progress) count(item store.Item) {
	if p == nil {
		return
	}
	p.items++
	p.bytes += size(item)
	every := tellLog
	if p.terminal {
		every = tellTerminal
	}
	if now := p.clock(); now.Sub(p.told) >= every {
		p.told = now
		p.tell("")
	}
}

// End tells the last of it: how it ended.
func (p *Progress) End(how string) {
	if p == nil {
		return
	}
	p.tell(": " + how)
	if p.terminal {
		_, _ = io.WriteString(p.out, "\n") // nobody is left to tell of an error
	}
}

func (p *Progress) tell(how string) {
	took := p.clock().Sub(p.began)
	line := fmt.Sprintf("%s: %d items, %s, %v%s", p.what, p.items, Bytes(p.bytes), took.Round(100*time.Millisecond), how)
	if p.terminal {
		line = "\r\x1b[K" + line
	} else {
		line += "\n"
	}
	_, _ = io.WriteString(p.out, line)
}

// Bytes returns the size as people write it.
func Bytes(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	size, prefix := float64(n)/unit, 0
	for ; size >= unit && prefix < len("KMGTP")-1; prefix++ {
		size /= unit
	}
	return fmt.Sprintf("%.1f %ciB", size, "KMGTP"[prefix])
}

// size is how many bytes callers and functions gave of the item.
func size(item store.Item) int64 {
	switch item := item.(type) {
	case store.EventItem:
		return payload(item.Event.Payload) + int64(proto.Size(item.Event.Metadata))
	case store.SnapshotItem:
		return payload(item.Snapshot.State)
	case store.ValueItem:
		return payload(item.Value.Value)
	case store.RecordItem:
		return int64(len(item.Record.Key) + len(item.Record.Command) + len(item.Record.Answer))
	case store.EffectItem:
		return int64(len(item.Effect.Body))
	case store.CopyItem:
		return int64(len(item.Replica.State))
	default:
		return 0
	}
}

func payload(p *anypb.Any) int64 { return int64(len(p.GetTypeUrl()) + len(p.GetValue())) }
