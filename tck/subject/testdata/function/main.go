// Command function is a subject for the tests of the kit. Its first argument
// says how it behaves.
package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/dialect"
)

type discovery struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	answers atomic.Int64 // how many are left to give
}

func (d *discovery) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	if d.answers.Add(-1) < 0 {
		fmt.Println("enough")
		os.Exit(9)
	}
	return &discoveryv1.DiscoverResponse{ServiceInfo: &discoveryv1.ServiceInfo{ServiceName: "test"}}, nil
}

func main() {
	address := net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))
	fmt.Println("about to", strings.Join(os.Args[1:], " "))
	switch os.Args[1] {
	case "serve": // answers Discover and ends on SIGTERM
		discover(address, math.MaxInt64)
	case "old": // the same in the dialect of Cloudstate 0.2 alone
		serve(address, func(s *grpc.Server) { old(s) })
	case "strict": // the same, and drops the connection of a call that it does not know
		strict(address)
	case "both": // answers Discover in both dialects
		serve(address, func(s *grpc.Server) {
			discoveryv1.RegisterDiscoveryServiceServer(s, plenty())
			old(s)
		})
	case "fickle": // answers Discover once, and dies of the next
		discover(address, 1)
	case "bare": // speaks gRPC and has no service
		serve(address, func(*grpc.Server) {})
	case "web": // answers 404 to everything
		web(address)
	case "die": // ends at once
		fmt.Fprintln(os.Stderr, "no database")
		os.Exit(7)
	case "stubborn": // neither listens nor ends
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		for range signals {
			fmt.Println("no")
		}
	case "tell": // writes its process id, and what it is asked, to a file; neither listens nor ends
		tell(os.Args[2])
	case "orphan": // leaves a child behind that holds its output
		child := exec.Command(os.Args[0], "stubborn") //nolint:noctx // it is to stay
		child.Stdout = os.Stdout
		check(child.Start())
		fmt.Println("child", child.Process.Pid)
	case "call": // calls another one, by its name
		call(os.Args[2])
	case "remember": // grows a file by one byte and says how long it is
		remember(os.Args[2])
	case "flood": // writes without end, without line ends
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	default:
		check(fmt.Errorf("unknown behaviour %q", os.Args[1]))
	}
}

func tell(path string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	check(err)
	fmt.Fprintln(file, os.Getpid())
	for received := range signals {
		fmt.Fprintln(file, received)
	}
}

func discover(address string, times int64) {
	served := &discovery{}
	served.answers.Store(times)
	serve(address, func(s *grpc.Server) { discoveryv1.RegisterDiscoveryServiceServer(s, served) })
}

func plenty() *discovery {
	served := &discovery{}
	served.answers.Store(math.MaxInt64)
	return served
}

func old(server *grpc.Server) {
	discoveryv1.RegisterDiscoveryServiceServer(dialect.Cloudstate.Server(server), plenty())
}

func strict(address string) {
	listener := &droppable{Listener: listen(address)}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
		listener.drop()
		return nil
	}))
	old(server)
	serveOn(listener, server)
}

// droppable is a listener whose connections can be broken off.
type droppable struct {
	net.Listener

	mu    sync.Mutex
	conns []net.Conn
}

func (d *droppable) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns = append(d.conns, conn)
	return conn, err
}

func (d *droppable) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, conn := range d.conns {
		_ = conn.Close()
	}
	d.conns = nil
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address) //nolint:noctx // it listens as long as it lives
	check(err)
	return listener
}

func serve(address string, register func(*grpc.Server)) {
	server := grpc.NewServer()
	register(server)
	serveOn(listen(address), server)
}

func serveOn(listener net.Listener, server *grpc.Server) {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	go func() {
		<-ctx.Done()
		fmt.Println("bye")
		server.Stop()
	}()
	check(server.Serve(listener))
}

func web(address string) {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := http.Server{Addr: address, Handler: http.NotFoundHandler(), Protocols: &protocols} //nolint:gosec // a test
	check(server.ListenAndServe())
}

func call(address string) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	_, err = discoveryv1.NewDiscoveryServiceClient(conn).
		Discover(context.Background(), &discoveryv1.DiscoverRequest{}, grpc.WaitForReady(true))
	check(err)
}

func remember(path string) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	check(err)
	_, err = file.WriteString("x")
	check(err)
	info, err := file.Stat()
	check(err)
	check(file.Close())
	fmt.Println("length", info.Size())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
