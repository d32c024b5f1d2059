package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/stateward/stateward/tck/subject"
)

// server is a PostgreSQL server of the test's own, which is reached by a socket
// in its directory. Its methods are called from one goroutine at a time.
type server struct {
	programs, dir string
	// as begins every command: what makes it one of a user who may run a server.
	as      []string
	process *subject.Process
}

// startServer makes a server, starts it, and has the test end it. It skips the
// test where this machine has no PostgreSQL, unless CI demands one.
func startServer(t *testing.T) *server {
	t.Helper()
	programs, err := findPostgres()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "scenario") //nolint:usetesting // the path of a socket has to be short, and its user gets there
	if err != nil {
		t.Fatal(err)
	}
	end(t, "database", func(context.Context) error { return os.RemoveAll(dir) })
	s := &server{programs: programs, dir: dir}
	if os.Getuid() == 0 { // by whom no server lets itself be run
		s.as = []string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT"}
		if err := give(dir, "postgres"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.run(t.Context(), "initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		t.Fatal(err)
	}
	s.process, err = subject.StartProcess(t.Context(), subject.ProcessConfig{Dir: dir, Words: s.words("postgres",
		"-D", s.data(), "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300", "-c", "log_min_messages=fatal")})
	if err != nil {
		t.Fatal(err)
	}
	end(t, "PostgreSQL server", s.crash)
	if err := s.await(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// findPostgres returns where the server's programs are: those in PATH, or the
// newest where Debian has them.
func findPostgres() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		path, err = filepath.EvalSymlinks(path)
		return filepath.Dir(path), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return "", errors.New("no PostgreSQL to test with: there is no initdb in PATH or below /usr/lib/postgresql")
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

// version returns the number in /usr/lib/postgresql/NUMBER/bin.
func version(path string) int {
	number, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
	return number
}

// give makes the user the owner of the directory.
func give(dir, name string) error {
	who, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(who.Uid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, -1)
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// words is one of the server's programs with arguments, as its user runs it.
func (s *server) words(program string, args ...string) []string {
	return slices.Concat(s.as, []string{filepath.Join(s.programs, program)}, args)
}

// run runs one of the server's programs to its end.
func (s *server) run(ctx context.Context, program string, args ...string) error {
	words := s.words(program, args...)
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir = s.dir
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output)
	}
	return nil
}

// database makes an empty database and returns what opens it.
func (s *server) database(t *testing.T, name string) string {
	t.Helper()
	if err := s.run(t.Context(), "createdb", "-h", s.dir, "-U", "postgres", "-T", "template0", name); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("host=%s user=postgres dbname=%s", s.dir, name)
}

// crash ends all of the server's processes at once, as a power cut would.
func (s *server) crash(ctx context.Context) error {
	err := syscall.Kill(s.process.PID(), syscall.SIGQUIT)
	if err == nil {
		_ = s.process.Wait(ctx) // how it ended is known
	}
	return s.process.Kill(ctx) // reaps it; it has long ended
}

// restart starts a server that has crashed, and returns when it answers.
func (s *server) restart(ctx context.Context) error {
	if err := s.process.Restart(ctx); err != nil {
		return err
	}
	return s.await(ctx)
}

func (s *server) await(ctx context.Context) error {
	return subject.Await(ctx, s.process, patience, func(ctx context.Context) error {
		return s.run(ctx, "pg_isready", "-h", s.dir, "-U", "postgres", "-q")
	})
}
