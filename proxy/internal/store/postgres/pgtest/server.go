// Package pgtest runs a PostgreSQL server of its own for tests: in a directory
// that goes with it, reached by a socket in there, and synced like a real one.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds every wait for the server.
const patience = time.Minute

// Server is a server that runs. Its methods that start or end it are for one goroutine.
type Server struct {
	dir       string
	programs  programs
	databases atomic.Int64
	process   *process
}

// Start makes a server and starts it. It returns an error that is ErrAbsent where this
// machine has no PostgreSQL. The caller stops the server.
func Start() (*Server, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "postgres") // short, as the path of a socket has to be
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, programs: programs}
	if err := s.create(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.run(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// create makes the server's files.
func (s *Server) create() error {
	if who := s.programs.user; who != nil {
		if err := os.Chown(s.dir, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.programs.initdb, "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.programs.user}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run starts the server's process and waits until it can be reached.
func (s *Server) run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has it open
	s.process = start(func() *exec.Cmd {
		cmd := exec.CommandContext(context.Background(), s.programs.postgres, "-D", s.data(), "-k", s.dir,
			"-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=300", "-c", "log_min_messages=fatal")
		cmd.Dir, cmd.SysProcAttr = s.dir, attributes(s.programs.user)
		cmd.Stdout, cmd.Stderr = log, log
		return cmd
	})
	return s.await()
}

// await returns when the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ticker.C:
		case <-s.process.done:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server has ended: %w: %s", s.process.err, log)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// DSN names a database of the server.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, database)
}

// Database makes a database like template1, which is empty unless somebody has filled
// it, and returns its name for Open.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.database(tb, "template1")
}

// Empty makes an empty database and returns its name for Open.
func (s *Server) Empty(tb testing.TB) string {
	tb.Helper()
	return s.database(tb, "template0")
}

func (s *Server) database(tb testing.TB, template string) string {
	tb.Helper()
	name := "test" + strconv.FormatInt(s.databases.Add(1), 10)
	ctx := tb.Context()
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		tb.Fatal(err)
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		tb.Fatal(err)
	}
	return s.DSN(name)
}

// Dump returns the database of that name for Open as statements that make it again.
func (s *Server) Dump(tb testing.TB, dsn string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), filepath.Join(filepath.Dir(s.programs.initdb), "pg_dump"), "--inserts", "--no-owner", "-d", dsn)
	output, err := cmd.Output()
	if err != nil {
		tb.Fatalf("pg_dump: %v", err)
	}
	var statements strings.Builder
	for line := range strings.Lines(string(output)) {
		if forPsql, comment := strings.HasPrefix(line, `\`), strings.HasPrefix(line, "--"); !forPsql && !comment && line != "\n" {
			statements.WriteString(line)
		}
	}
	return statements.String()
}

// Crash ends all of the server's processes at once, as a power cut would.
func (s *Server) Crash() error { return s.process.end(syscall.SIGQUIT) }

// Restart crashes the server and starts it again. It returns when it answers.
func (s *Server) Restart() error {
	if err := s.Crash(); err != nil {
		return err
	}
	return s.run()
}

// Stop ends the server and removes its files.
func (s *Server) Stop() error {
	err := s.process.end(syscall.SIGQUIT)
	return errors.Join(err, os.RemoveAll(s.dir))
}

// process is a child, whose end is noticed.
type process struct {
	child *os.Process
	done  chan struct{} // closed when it has ended
	err   error         // how; to be read then
}

// start starts the command, which make returns. One thread starts it and waits for
// it, for the child is told to end when that thread does.
func start(makeCommand func() *exec.Cmd) *process {
	p := &process{done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		defer close(p.done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		cmd := makeCommand()
		p.err = cmd.Start()
		p.child = cmd.Process
		close(started)
		if p.err == nil {
			p.err = cmd.Wait()
		}
	}()
	<-started
	return p
}

// end sends the signal and waits until the child has ended.
func (p *process) end(signal os.Signal) error {
	if p == nil || p.child == nil {
		return nil
	}
	_ = p.child.Signal(signal) // an error means that it has ended
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the server does not end: %w", p.child.Kill())
	}
}
