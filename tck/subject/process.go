package subject

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	// grace is how long something that is asked to end may take.
	grace = 3 * time.Second
	// drain is how long the output of an ended process may stay open in the
	// hands of a child that left its process group.
	drain = time.Second
)

// ProcessConfig says what to start.
type ProcessConfig struct {
	// Words is the program and its arguments; at least one.
	Words []string
	// Env is added to the kit's own environment, as NAME=VALUE.
	Env []string
	// Dir is the working directory; empty for the kit's own.
	Dir string
}

// Process is a process with all its children: they share a process group, and
// none outlives it.
type Process struct {
	config ProcessConfig
	output log

	mu  sync.Mutex
	run *run // the present or last run; never nil
}

var _ Instance = (*Process)(nil)

// run is one life of a process. Its goroutines end when the process has ended,
// and done is closed after them.
type run struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// StartProcess starts a process. It returns as soon as the process exists;
// Await tells when it is ready. The caller ends it by Close, whatever becomes
// of ctx.
func StartProcess(ctx context.Context, config ProcessConfig) (*Process, error) {
	if len(config.Words) == 0 {
		return nil, errors.New("subject: a process needs a program")
	}
	p := &Process{config: config}
	if err := p.Restart(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// Restart starts the process, which must have ended, with the same words,
// environment and ports.
func (p *Process) Restart(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if last := p.current(); last != nil {
		select {
		case <-last.done:
		default:
			return errors.New("subject: the process still runs")
		}
	}
	next, err := p.start()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run = next
	return nil
}

// start starts a run and its owner. The kernel ends the process when the thread ends
// that has started it, and so the owner keeps that thread until the process has ended.
func (p *Process) start() (*run, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	cmd := exec.Command(p.config.Words[0], p.config.Words[1:]...) //nolint:noctx // Close ends it, politely first
	cmd.Dir, cmd.Env = p.config.Dir, slices.Concat(os.Environ(), []string{ownerVariable + "=" + self()}, p.config.Env)
	cmd.Stdout, cmd.Stderr = writer, writer
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithUs(cmd.SysProcAttr)
	next := &run{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = writer.Close() // the child holds its own copy
		started <- err
		if err == nil {
			p.own(next, reader)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return next, nil
}

// own reads the output, reaps the process when it has ended, ends the children
// that it left behind, and only then lets go.
func (p *Process) own(r *run, output *os.File) {
	defer close(r.done)
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.output.read(output)
	}()
	err := r.cmd.Wait()
	_ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) // fails when no child is left, as it should
	_ = output.SetReadDeadline(time.Now().Add(drain))     // a pipe has deadlines; else the end comes with its writers
	<-read
	_ = output.Close()
	r.err = &ExitError{How: how(err), Lines: p.output.tail(shownLines)}
}

// how says how a process ended, from the error of exec.Cmd.Wait.
func how(err error) string {
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return "exited with status 0"
	case failed && exit.ExitCode() >= 0:
		return fmt.Sprintf("exited with status %d", exit.ExitCode())
	default:
		return fmt.Sprintf("ended: %v", err)
	}
}

// Stop asks the process to end (SIGTERM) and ends it by force when it has not
// done so within three seconds. It can be restarted.
func (p *Process) Stop(ctx context.Context) error {
	present := p.current()
	if present == nil {
		return nil
	}
	present.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-present.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	return p.Kill(ctx)
}

// Kill ends the process and its children by SIGKILL and reaps it.
func (p *Process) Kill(context.Context) error {
	present := p.current()
	if present == nil {
		return nil
	}
	present.signal(syscall.SIGKILL)
	<-present.done // the kernel ends it, and the owner waits at most drain longer
	return nil
}

// Close is Stop: a process leaves nothing behind.
func (p *Process) Close(ctx context.Context) error { return p.Stop(ctx) }

// Wait returns when the present run has ended.
func (p *Process) Wait(ctx context.Context) error {
	present := p.current()
	select {
	case <-present.done:
		return present.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Tail is the last lines of standard output and standard error, as they came.
func (p *Process) Tail(_ context.Context, n int) []string { return p.output.tail(n) }

// Address is the port on 127.0.0.1: a process shares the kit's network.
func (p *Process) Address(_ context.Context, port int) (string, error) {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}

// PID is the process id of the present or last run.
func (p *Process) PID() int { return p.current().cmd.Process.Pid }

func (p *Process) current() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.run
}

// signal reaches the whole group. A process that has been reaped gets none: its
// number may already be another's.
func (r *run) signal(sig syscall.Signal) {
	select {
	case <-r.done:
	default:
		_ = syscall.Kill(-r.cmd.Process.Pid, sig) // fails when it ended just now
	}
}
