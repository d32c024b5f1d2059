package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// patience bounds the wait for another process.
const patience = time.Minute

// part is another process of this program. One goroutine at a time talks to it.
type part struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	at      addresses
}

// addresses say where a part listens, once it does.
type addresses struct {
	TCP  string `json:"tcp"`
	Unix string `json:"unix,omitempty"`
}

// usage is what a part has used: time since it began, memory now.
type usage struct {
	CPU        time.Duration `json:"cpu"`
	Resident   int64         `json:"resident"`
	Heap       int64         `json:"heap"`   // of Resident, what is alive
	Stacks     int64         `json:"stacks"` // of Resident, those of goroutines
	Goroutines int           `json:"goroutines"`
	Err        string        `json:"err,omitempty"`
}

// startPart starts a part and waits until it listens. It ends with stop, or when this
// process ends.
func startPart(ctx context.Context, args ...string) (*part, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &part{command: exec.CommandContext(context.WithoutCancel(ctx), program, append([]string{"part"}, args...)...)}
	p.command.Stderr = os.Stderr
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	if err := p.read(&p.at); err != nil {
		return nil, errors.Join(fmt.Errorf("%v did not start: %w", args, err), p.stop())
	}
	return p, nil
}

// stop ends the part in good order and waits for it.
func (p *part) stop() error {
	_ = p.in.Close()
	kill := time.AfterFunc(patience, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	return p.command.Wait()
}

// kill ends the part at once: nobody needs what it has.
func (p *part) kill() {
	_ = p.command.Process.Kill() // it may have ended by itself
	_ = p.command.Wait()
}

// The words that a part is told, one a line; each is answered by its usage.
const (
	wordUsage   = "usage"   // as it is
	wordSettle  = "settle"  // after the garbage is collected
	wordProfile = "profile" // with a path: a CPU profile begins
	wordEnd     = "end"     // it is written
	wordHeap    = "heap"    // with a path: a heap profile is written
)

// tell says a word to the part and returns what it has used.
func (p *part) tell(words ...any) (u usage, err error) {
	if _, err := fmt.Fprintln(p.in, words...); err != nil {
		return u, err
	}
	if err = p.read(&u); err == nil && u.Err != "" {
		err = errors.New(u.Err)
	}
	return u, err
}

// read reads one line.
func (p *part) read(into any) error {
	if !p.out.Scan() {
		return errors.Join(io.ErrUnexpectedEOF, p.out.Err())
	}
	return json.Unmarshal(p.out.Bytes(), into)
}
