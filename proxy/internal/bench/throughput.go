package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
)

// share is the part of the whole time that the rounds take; sizes and replays take the
// rest.
const share = 0.6

// result is what was measured of one row.
type result struct {
	row

	rates    []float64       // commands a second, one for each round
	took     []time.Duration // of all calls
	cpu      time.Duration   // of the proxy
	resident int64           // of the proxy, at the end
}

// throughput measures the rows, round after round.
func (l *lab) throughput(ctx context.Context) ([]*result, error) {
	var results []*result
	for _, r := range l.selected() {
		results = append(results, &result{row: r})
	}
	prepared := map[row]bool{}
	for _, r := range results {
		one := row{subject: r.subject, kind: r.kind, keys: r.keys}
		if prepared[one] {
			continue
		}
		prepared[one] = true
		if err := l.prepare(ctx, r.row); err != nil {
			return nil, fmt.Errorf("%v: %w", r.row, err)
		}
	}
	span := time.Duration(share * float64(l.time) / float64(max(len(results)*l.rounds, 1)))
	fmt.Fprintf(l.out, "%d rows, %d rounds of %v each\n", len(results), l.rounds, span.Round(time.Millisecond))
	fmt.Fprintf(l.out, "prepared after %v\n", time.Since(l.begin).Round(time.Second))
	for round := range l.rounds {
		for n := range results {
			r := results[(n+round*7)%len(results)] // another neighbour in each round
			if err := l.measure(ctx, r, span, round == l.rounds-1); err != nil {
				return nil, fmt.Errorf("%v: %w", r.row, err)
			}
		}
	}
	return results, nil
}

// selected are the rows that are asked for, and those that they are related to. What
// cannot be measured is not among them.
func (l *lab) selected() []row {
	all := rows()
	wanted := map[row]bool{}
	for _, r := range all {
		if l.only.MatchString(r.String()) {
			wanted[r], wanted[r.baseline()] = true, true
		}
	}
	return slices.DeleteFunc(all, func(r row) bool { return !wanted[r] || r.store == app.StorePostgres && l.postgres == nil })
}

// prepare starts the row's subject, and has its entities active.
func (l *lab) prepare(ctx context.Context, r row) error {
	c, err := l.callersOf(ctx, r)
	if err != nil {
		return err
	}
	return errors.Join(c.once(ctx, lean.Method(r.kind, "Add"), r.requests()), c.close())
}

func (r row) requests() [][]byte {
	return requests(func(key string) []byte { return lean.Add(key, 1) }, r.keys)
}

// measure has the row take its turn.
func (l *lab) measure(ctx context.Context, r *result, span time.Duration, last bool) error {
	c, err := l.callersOf(ctx, r.row)
	if err != nil {
		return err
	}
	defer c.close() //nolint:errcheck // it has done its work
	all, method := r.requests(), lean.Method(r.kind, "Add")
	if err := c.once(ctx, method, all[:min(len(all), shared)]); err != nil { // the connections stand
		return err
	}
	p := l.parts[r.subject.String()]
	profiles := last && l.profiles != ""
	if profiles {
		if _, err := p.tell(wordProfile, filepath.Join(l.profiles, r.file()+".pprof")); err != nil {
			return err
		}
	}
	before, err := p.tell(wordUsage)
	if err != nil {
		return err
	}
	begin := time.Now()
	took, err := c.during(ctx, r.callers, span, method, all)
	if err != nil {
		return err
	}
	r.rates = append(r.rates, float64(len(took))/time.Since(begin).Seconds())
	r.took = append(r.took, took...)
	after, err := p.tell(wordUsage)
	r.cpu, r.resident = r.cpu+after.CPU-before.CPU, after.Resident
	if err == nil && profiles {
		_, err = p.tell(wordEnd)
		if err == nil {
			_, err = p.tell(wordHeap, filepath.Join(l.profiles, r.file()+".heap.pprof"))
		}
	}
	return err
}

// callersOf returns callers of the row's subject, which it starts if it does not run.
func (l *lab) callersOf(ctx context.Context, r row) (*callers, error) {
	name := r.subject.String()
	p := l.parts[name]
	if p == nil {
		var err error
		if p, err = l.startSubject(ctx, r.subject); err != nil {
			return nil, err
		}
		l.parts[name] = p
	}
	return dial(p.at.TCP, max(r.callers, shared))
}

// startSubject starts a proxy with a store of its own.
func (l *lab) startSubject(ctx context.Context, s subject) (*part, error) {
	if s.store == "" {
		return startPart(ctx, "bare", l.parts[plainFunction].at.TCP)
	}
	args, err := l.storeOf(ctx, s.store)
	if err != nil {
		return nil, err
	}
	return l.startProxy(ctx, s, args...)
}

// storeOf makes an empty store, and returns the arguments that name it.
func (l *lab) storeOf(ctx context.Context, store string) ([]string, error) {
	l.made++
	name := "bench" + strconv.Itoa(l.made)
	args := []string{"-store", store, "-data", filepath.Join(l.dir, name)}
	if store != app.StorePostgres {
		return args, nil
	}
	conn, err := pgx.Connect(ctx, l.postgres.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	return append(args, "-database", l.postgres.DSN(name)), errors.Join(err, conn.Close(ctx))
}

// startProxy starts a proxy on the store that the arguments name.
func (l *lab) startProxy(ctx context.Context, s subject, store ...string) (*part, error) {
	function := l.parts[plainFunction].at
	if s.multiplexed {
		function = l.parts[multiplexedFunction].at
	}
	args := append([]string{"proxy", "-function", function.TCP}, store...)
	if s.unix {
		args = append(args, "-function", function.Unix)
	}
	if s.unpipelined {
		args = append(args, "-ahead", "1")
	}
	return startPart(ctx, args...)
}
