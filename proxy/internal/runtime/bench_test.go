package runtime_test

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// BenchmarkCommands runs commands that emit one event each, from 64 callers,
// through the runtime, a function and a store in memory.
func BenchmarkCommands(b *testing.B) {
	for _, keys := range []int{1, 1000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			event := []*anypb.Any{runtimetest.Text("")}
			model := runtimetest.Model{Answer: func(
				*runtimetest.Stream, string, *entityv1.Command,
			) *eventsourcedv1.EventSourcedReply {
				reply := runtimetest.Reply("done")
				reply.Events = event
				return reply
			}}
			w := start(b, model.Serve, func(c *runtime.Config) { c.Kinds = kinds(memory.New()) })
			names := make([]string, keys)
			for n := range names {
				names[n] = strconv.Itoa(n)
				w.call(names[n], "Add", "")
			}
			var next atomic.Int64
			b.SetParallelism(32) // Times GOMAXPROCS, which is 2 where the figures are from.
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if got := w.call(names[int(next.Add(1))%keys], "Add", ""); got != "done" {
						b.Errorf("answer %q", got)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkHotKey runs commands of 64 callers on one entity, whose events go to a disk:
// pipelined, and with each answer durable before the next command is sent.
func BenchmarkHotKey(b *testing.B) {
	for name, ahead := range map[string]int{"pipelined": 0, "unpipelined": 1} {
		b.Run(name, func(b *testing.B) {
			opened, err := pebble.Open(pebble.Config{Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			defer opened.Close()
			model := runtimetest.Model{Answer: func(
				*runtimetest.Stream, string, *entityv1.Command,
			) *eventsourcedv1.EventSourcedReply {
				reply := runtimetest.Reply("done")
				reply.Events = []*anypb.Any{runtimetest.Text("event")}
				return reply
			}}
			w := start(b, model.Serve, func(c *runtime.Config) { c.Kinds = kindsAhead(opened, ahead) })
			defer w.Close()
			b.SetParallelism(32) // Times GOMAXPROCS, which is 2 where the figures are from.
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if got := w.call("hot", "Add", ""); got != "done" {
						b.Errorf("answer %q", got)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
		})
	}
}

// BenchmarkActivation opens a stream, replays 100 events, answers one command
// and closes.
func BenchmarkActivation(b *testing.B) {
	w := start(b, runtimetest.Model{}.Serve, nil)
	for range 100 {
		w.call("7", "Add", "x")
	}
	w.call("7", "Restart", "")
	b.ReportAllocs()
	for b.Loop() {
		w.call("7", "Restart", "")
	}
}
