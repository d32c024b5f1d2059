package defect

import (
	"strings"
	"sync"
)

// Pooled is the defect of a function with so many threads for the streams of one case: one
// for each until its machine ends it, and no word for a stream that finds none. A stream that
// is broken off keeps its thread. The id is that of the activation's entity, once it has one.
func Pooled[Activation, Request, Response any](threads int, id func(*Activation) string) Defect {
	return func() Instance {
		var mu sync.Mutex
		busy := map[string]int{}
		return Bending(func(entity *Activation, next Machine[Request, Response]) Machine[Request, Response] {
			served, idle := false, false
			return func(in *Request) ([]*Response, bool) {
				mu.Lock()
				defer mu.Unlock()
				out, end := next(in)
				pool := poolOf(id(entity))
				if !served && pool != "" {
					served = true
					busy[pool]++
					idle = busy[pool] > threads
				}
				if served && end {
					busy[pool]--
				}
				if idle {
					out = nil
				}
				return out, end
			}
		})
	}
}

// poolOf is the same for all entities of one case.
func poolOf(id string) string { return id[:max(strings.LastIndex(id, "-"), 0)] }
