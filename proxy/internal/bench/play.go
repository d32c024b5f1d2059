package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
)

const loopback = "127.0.0.1:0"

// play is one of the processes that are measured. It ends when stdin does.
func play(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("no part is named")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at, ended := make(chan addresses, 1), make(chan error, 1)
	go func() { ended <- roles[args[0]](ctx, args[1:], at) }()
	out := json.NewEncoder(stdout)
	select {
	case listens := <-at:
		if err := out.Encode(listens); err != nil {
			return err
		}
	case err := <-ended:
		return err
	}
	err := obey(stdin, out)
	cancel()
	return errors.Join(err, <-ended)
}

// roles are the parts by their names. Each runs until ctx ends.
var roles = map[string]func(ctx context.Context, args []string, at chan<- addresses) error{
	"function": playFunction,
	"bare":     playBare,
	"proxy":    playProxy,
}

func playFunction(ctx context.Context, args []string, at chan<- addresses) error {
	flags := flag.NewFlagSet("function", flag.ContinueOnError)
	socket, multiplexed := flags.String("socket", "", "unix socket"), flags.Bool("multiplexed", false, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server, err := lean.NewFunction(*multiplexed)
	if err != nil {
		return err
	}
	unix, err := new(net.ListenConfig).Listen(ctx, "unix", *socket)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(unix) }()
	err = serve(ctx, server, addresses{Unix: "unix:" + *socket}, at)
	return errors.Join(err, <-ended)
}

func playBare(ctx context.Context, args []string, at chan<- addresses) error {
	conn, err := grpc.NewClient("passthrough:///"+args[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	server, err := lean.NewBare(conn)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	return errors.Join(serve(ctx, server, addresses{}, at), conn.Close())
}

// serve serves on loopback until ctx ends.
func serve(ctx context.Context, server *grpc.Server, listens addresses, at chan<- addresses) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", loopback)
	if err != nil {
		return err
	}
	stopped := context.AfterFunc(ctx, server.Stop)
	defer stopped()
	listens.TCP = listener.Addr().String()
	at <- listens
	return server.Serve(listener)
}

func playProxy(ctx context.Context, args []string, at chan<- addresses) error {
	config := app.Defaults()
	config.Listen, config.Admin, config.IdleTimeout, config.SnapshotAfter = loopback, loopback, time.Hour, 0
	config.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	config.Opened = func(port string, address net.Addr) {
		if port == app.PortService {
			at <- addresses{TCP: address.String()}
		}
	}
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	flags.StringVar(&config.Function, "function", "", "")
	flags.StringVar(&config.Store, "store", "", "")
	flags.StringVar(&config.Data, "data", "", "")
	flags.StringVar(&config.Database, "database", "", "")
	flags.IntVar(&config.Ahead, "ahead", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return app.Serve(ctx, config)
}

// obey does what is said, until nothing more is.
func obey(stdin io.Reader, out *json.Encoder) error {
	var profile *os.File
	for lines := bufio.NewScanner(stdin); lines.Scan(); {
		word, path, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch word {
		case wordUsage:
		case wordSettle:
			for range 4 { // each may halve a stack that has grown
				debug.FreeOSMemory()
			}
		case wordProfile:
			if profile, err = os.Create(path); err == nil {
				err = pprof.StartCPUProfile(profile)
			}
		case wordEnd:
			pprof.StopCPUProfile()
			err = profile.Close()
		case wordHeap:
			err = writeHeap(path)
		default:
			err = fmt.Errorf("%q is not understood", word)
		}
		if err := out.Encode(used(err)); err != nil {
			return err
		}
	}
	return nil
}

func writeHeap(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(file), file.Close())
}
