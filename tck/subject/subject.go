package subject

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/interrupt"
	"github.com/stateward/stateward/tck/peer"
)

// innerPort is the port that a container is told to listen on.
const innerPort = 8080

// Config says how a subject is started and how long that may take.
type Config struct {
	// Within is how long it may take to be ready, from its start; 30 s when 0.
	Within time.Duration
	// Env is added to the environment of a process or container, as NAME=VALUE.
	Env map[string]string
	// Dialect is what it is asked in; [dialect.Auto] when empty.
	Dialect dialect.Dialect
}

// Subject is a user function that is ready: it has answered Discover. Its
// methods but Conn are called from one goroutine at a time.
type Subject struct {
	spec     Spec
	within   time.Duration
	instance Instance // nil when it was attached by address
	port     int
	address  string
	conn     *grpc.ClientConn
	asking   *asking
	answer   *discoveryv1.DiscoverResponse
	digest   string
}

// errNotOurs is returned when the kit is asked to kill or restart what it has
// not started.
var errNotOurs = errors.New("the subject was attached by address: the kit cannot kill or restart it")

// Start starts what spec says, or reaches for it, and waits until it answers
// Discover. It fails with a *NotReadyError when the subject is to blame. The
// caller ends it by Close, whatever becomes of ctx; when Start fails, nothing
// is left running.
func Start(ctx context.Context, spec Spec, config Config) (*Subject, error) {
	s, err := Launch(ctx, spec, config)
	if err != nil {
		return nil, err
	}
	if err := s.reach(ctx); err != nil {
		return nil, errors.Join(err, s.Close(interrupt.Cleanup(ctx)))
	}
	return s, nil
}

// Launch starts what spec says, or only remembers where it is, and waits for
// nothing: Probe tells more. It fails as Start does, and the caller ends what it
// returns in the same way.
func Launch(ctx context.Context, spec Spec, config Config) (*Subject, error) {
	s := &Subject{spec: spec, within: config.Within, address: spec.Value, asking: newAsking(config.Dialect)}
	if s.within == 0 {
		s.within = 30 * time.Second
	}
	if err := s.launch(ctx, config.Env); err != nil {
		return nil, errors.Join(err, s.Close(interrupt.Cleanup(ctx)))
	}
	return s, nil
}

// launch starts the instance, if there is one to start.
func (s *Subject) launch(ctx context.Context, env map[string]string) error {
	switch s.spec.Kind {
	case Image:
		return s.launchContainer(ctx, env)
	case Command:
		return s.launchProcess(ctx, env)
	default:
		return nil
	}
}

func (s *Subject) launchContainer(ctx context.Context, env map[string]string) error {
	config := ContainerConfig{
		Image: s.spec.Value,
		Ports: []int{innerPort},
		Env:   map[string]string{"HOST": "0.0.0.0", "PORT": strconv.Itoa(innerPort)},
	}
	maps.Copy(config.Env, env)
	started, err := StartContainer(ctx, config)
	switch {
	case err == nil:
	case ctx.Err() != nil || errors.Is(err, ErrNoEngine):
		return err
	default:
		return &NotReadyError{Reason: "the container could not be started: " + err.Error(), Err: err}
	}
	s.instance, s.port = started, innerPort
	s.digest, err = started.Digest(ctx)
	return err
}

func (s *Subject) launchProcess(ctx context.Context, env map[string]string) error {
	port, err := FreePort(ctx)
	if err != nil {
		return err
	}
	config := ProcessConfig{Words: s.spec.Words, Env: []string{"HOST=127.0.0.1", "PORT=" + strconv.Itoa(port)}}
	for name, value := range env {
		config.Env = append(config.Env, name+"="+value)
	}
	started, err := StartProcess(ctx, config)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return err
	default:
		return &NotReadyError{Reason: "the command could not be started: " + err.Error(), Err: err}
	}
	s.instance, s.port = started, port
	return nil
}

// reach connects to where the subject is now and waits until it is ready.
func (s *Subject) reach(ctx context.Context) error {
	s.conn = nil
	return s.Probe(ctx, func(ctx context.Context, conn grpc.ClientConnInterface) (err error) {
		s.answer, err = s.asking.ask(ctx, conn)
		return err
	})
}

// Probe connects to where the subject is now and asks it until it answers nil, as
// Await does.
func (s *Subject) Probe(ctx context.Context, ask func(context.Context, grpc.ClientConnInterface) error) error {
	return Await(ctx, s.evidence(), s.within, func(ctx context.Context) error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		return ask(ctx, s.conn)
	})
}

// connect prepares the connection, once. A container that has just ended has no
// address; Await then sees its end.
func (s *Subject) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	if s.instance != nil {
		address, err := s.instance.Address(ctx, s.port)
		if err != nil {
			return err
		}
		s.address = address
	}
	conn, err := Dial(s.address)
	if err != nil {
		return err
	}
	s.conn = conn
	return nil
}

// evidence is the instance, or a true nil when there is none.
func (s *Subject) evidence() Evidence {
	if s.instance == nil {
		return nil
	}
	return s.instance
}

// Conn is the connection to the subject, which is spoken to in version 1 whatever its
// dialect is. Kill and Restart replace it.
func (s *Subject) Conn() grpc.ClientConnInterface { return s.Dialect().Client(s.conn) }

// Dial prepares a further connection to where the subject is now.
func (s *Subject) Dial() (engine.Connection, error) {
	conn, err := Dial(s.address)
	if err != nil {
		return nil, err
	}
	return s.Dialect().Connection(conn), nil
}

// Dialect is that in which the subject has answered Discover.
func (s *Subject) Dialect() dialect.Dialect { return s.asking.answered }

// Spec says how the subject was attached.
func (s *Subject) Spec() Spec { return s.spec }

// Address is where the subject listens now, as HOST:PORT.
func (s *Subject) Address() string { return s.address }

// Discovery is the answer that made the subject ready; nil for a nil Subject.
func (s *Subject) Discovery() *discoveryv1.DiscoverResponse {
	if s == nil {
		return nil
	}
	return s.answer
}

// ImageDigest names the content of the subject's image; empty when it has none,
// and for a nil Subject.
func (s *Subject) ImageDigest() string {
	if s == nil {
		return ""
	}
	return s.digest
}

// PID is the id of the subject's process, for a debugger; 0 when the kit has
// started none.
func (s *Subject) PID() int {
	if process, ok := s.instance.(*Process); ok {
		return process.PID()
	}
	return 0
}

// Wait returns when the subject has ended, with an *ExitError, or with the
// cause of ctx when that is done first. The end of what the kit has not started
// it does not see.
func (s *Subject) Wait(ctx context.Context) error {
	if s.instance != nil {
		return s.instance.Wait(ctx)
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// Gone reports whether nobody is there any more to answer at the address of a
// subject that the kit has started. One that is merely silent is not gone.
func (s *Subject) Gone(ctx context.Context) bool {
	if s.instance == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, oneProbe)
	defer cancel()
	_, err := discoveryv1.NewDiscoveryServiceClient(s.Conn()).Discover(ctx, peer.Question())
	return status.Code(err) == codes.Unavailable
}

// Tail is the last lines that the subject wrote, oldest first, at most n.
func (s *Subject) Tail(ctx context.Context, n int) []string {
	if s.instance == nil {
		return nil
	}
	return s.instance.Tail(ctx, n)
}

// Kill ends the subject at once, as a crash would.
func (s *Subject) Kill(ctx context.Context) error {
	if s.instance == nil {
		return errNotOurs
	}
	return s.instance.Kill(ctx)
}

// Restart starts the subject after Kill and waits until it is ready again.
func (s *Subject) Restart(ctx context.Context) error {
	if s.instance == nil {
		return errNotOurs
	}
	if err := errors.Join(s.conn.Close(), s.instance.Restart(ctx)); err != nil {
		return err
	}
	return s.reach(ctx)
}

// Close lets go of the subject, and ends it when the kit has started it. It
// takes at most a few seconds, whatever the subject does; when ctx ends, it is
// asked no more, and ended by force.
func (s *Subject) Close(ctx context.Context) error {
	var err error
	if s.conn != nil {
		err = ignoreClosed(s.conn.Close())
	}
	if s.instance != nil {
		ctx, cancel := context.WithTimeout(ctx, 5*grace)
		defer cancel()
		err = errors.Join(err, s.instance.Close(ctx))
	}
	return err
}

// ignoreClosed makes closing a connection twice no error.
func ignoreClosed(err error) error {
	if status.Code(err) == codes.Canceled {
		return nil
	}
	return err
}
