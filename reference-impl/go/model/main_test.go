package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// asProgram makes the test's binary be the program.
const asProgram = "STATEWARD_MODEL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// The program serves, and SIGTERM and SIGINT stop it in order: open streams end
// with UNAVAILABLE, and the exit code is 0.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), sdktest.Patience)
			defer cancel()
			program := exec.CommandContext(ctx, os.Args[0])
			program.Env = append(os.Environ(), asProgram+"=1", "HOST=127.0.0.1", "PORT=0", "SOCKET=")
			stderr, err := program.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := program.Start(); err != nil {
				t.Fatal(err)
			}
			log := bufio.NewReader(stderr)
			stream := openStream(ctx, t, address(t, log))
			if err := program.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if response, err := stream.Recv(); status.Code(err) != codes.Unavailable {
				t.Errorf("the stream ended with %v, %v", response, err)
			}
			rest, err := io.ReadAll(log)
			if err != nil {
				t.Error(err)
			}
			if err := program.Wait(); err != nil {
				t.Errorf("%v\n%s", err, rest)
			}
		})
	}
}

// address waits for the program to log where it listens.
func address(t *testing.T, log *bufio.Reader) string {
	t.Helper()
	record, err := log.ReadString('\n')
	found := regexp.MustCompile(`msg=listening network=tcp address=(\S+)`).FindStringSubmatch(record)
	if err != nil || found == nil {
		t.Fatalf("%q, %v", record, err)
	}
	return found[1]
}

// openStream returns a stream on which one command has been answered.
func openStream(ctx context.Context, t *testing.T, address string) grpc.BidiStreamingClient[sdktest.Request, sdktest.Response] {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	stream, err := eventsourcedv1.NewEventSourcedServiceClient(conn).Handle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []*sdktest.Request{start().send, do(1)} {
		if err := stream.Send(message); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	return stream
}
