package postgres_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds every wait of a test for the server.
const patience = time.Minute

// direct is a connection past the store, to get in its way.
type direct struct {
	*pgx.Conn

	t testing.TB
}

func connect(tb testing.TB, dsn string) direct {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(context.Background()) })
	return direct{conn, tb}
}

// do runs a statement, which must succeed.
func (d direct) do(sql string, arguments ...any) {
	d.t.Helper()
	if _, err := d.Exec(d.t.Context(), sql, arguments...); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// number returns the one number that the query gives.
func (d direct) number(sql string, arguments ...any) (n int64) {
	d.t.Helper()
	if err := d.QueryRow(d.t.Context(), sql, arguments...).Scan(&n); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// until waits until the query gives the number.
func (d direct) until(want int64, sql string, arguments ...any) {
	d.t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for d.number(sql, arguments...) != want {
		select {
		case <-ticker.C:
		case <-deadline:
			d.t.Fatalf("it is never %d: %s", want, sql)
		}
	}
}

// untilWaiting waits until so many statements in the database wait for another
// transaction. The connection must have none open, which would show the same each time.
func (d direct) untilWaiting(want int64) {
	d.t.Helper()
	d.until(want, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

// relay stands between a store and the server, and can come between them.
type relay struct {
	dir      string
	listener net.Listener
	server   string
	group    sync.WaitGroup

	mu      sync.Mutex
	muted   bool       // guarded by mu; what the server says is not passed on
	clients []net.Conn // guarded by mu
	servers []net.Conn // guarded by mu
}

// newRelay returns a relay to the server of the DSN, and the DSN that goes by it.
func newRelay(t *testing.T, dsn string) (*relay, string) {
	t.Helper()
	host, rest, _ := strings.Cut(strings.TrimPrefix(dsn, "host="), " ")
	r := &relay{dir: t.TempDir(), server: filepath.Join(host, ".s.PGSQL.5432")}
	listener, err := net.Listen("unix", filepath.Join(r.dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	r.listener = listener
	r.group.Go(r.accept)
	t.Cleanup(r.close)
	return r, "host=" + r.dir + " " + rest
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", r.server)
		if err != nil {
			client.Close()
			continue
		}
		r.mu.Lock()
		r.clients, r.servers = append(r.clients, client), append(r.servers, server)
		r.mu.Unlock()
		r.group.Go(func() { ask(server, client) })
		r.group.Go(func() { r.answer(client, server) })
	}
}

// ask passes on what the client says, but for a request to cancel: the driver sends one
// when a connection is lost, and nobody may count on its coming in time.
func ask(server, client net.Conn) {
	const cancelRequest = 80877102 // PostgreSQL's number of that message
	var head [8]byte               // its length and its number
	if _, err := io.ReadFull(client, head[:]); err != nil {
		return
	}
	if binary.BigEndian.Uint32(head[4:]) == cancelRequest {
		client.Close()
		return
	}
	server.Write(head[:])
	io.Copy(server, client)
}

// answer passes on what the server says, unless the relay is muted.
func (r *relay) answer(client, server net.Conn) {
	defer client.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		r.mu.Lock()
		muted := r.muted
		r.mu.Unlock()
		if !muted {
			client.Write(buffer[:n])
		}
	}
}

// mute passes on nothing that the server says, until the next cut.
func (r *relay) mute() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.muted = true
}

// cut ends the connections of the clients. The server does not notice.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.muted = false
	for _, client := range r.clients {
		client.Close()
	}
	r.clients = nil
}

func (r *relay) close() {
	r.listener.Close()
	r.cut()
	r.mu.Lock()
	for _, server := range r.servers {
		server.Close()
	}
	r.mu.Unlock()
	r.group.Wait()
}
