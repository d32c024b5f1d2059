package simulation

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// The services of the simulated function; a service is its kind and its persistence id.
const (
	journaled  = "journaled"  // event sourced
	valued     = "valued"     // value entities
	replicated = "replicated" // replicated
	acting     = "acting"     // an action
	fleeting   = "fleeting"   // value entities whose values are deleted, or expire
)

// order is what a command wants done, and its payload. The token is that of no other.
type order struct {
	Service string  `json:"service"`
	Key     string  `json:"key"`
	Token   string  `json:"token"`
	How     how     `json:"how,omitempty"`
	All     bool    `json:"all,omitempty"`  // write consistency ALL
	Once    string  `json:"once,omitempty"` // idempotency key
	Then    []order `json:"then,omitempty"`
	// Delete ends the entity for ever, and its events are kept for so many milliseconds;
	// of a fleeting one it deletes the value.
	Delete    bool  `json:"delete,omitempty"`
	Retention int64 `json:"retention,omitempty"`
	// Expire is after how many milliseconds the new value expires; 0 for never.
	Expire int64 `json:"expire,omitempty"`
}

// how an order follows from another.
type how string

const (
	forward     how = "forward"
	effect      how = "effect"
	synchronous how = "synchronous"
	durably     how = "durable"
)

func (o order) id() string { return o.Service + "/" + o.Key }

func (o order) retention() time.Duration { return time.Duration(o.Retention) * time.Millisecond }

func (o order) expire() time.Duration { return time.Duration(o.Expire) * time.Millisecond }

// mortal reports whether the entity of the order can end for ever.
func (o order) mortal() bool { return o.Service == journaled || o.Service == replicated }

// looking is an order that changes nothing of the same entity.
func (o order) looking() order { return order{Service: o.Service, Key: o.Key, Token: o.Token} }

func (o order) encode() []byte {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return data
}

func decode(payload []byte) (o order, err error) {
	err = json.Unmarshal(payload, &o)
	return o, err
}

// metadata is that of the order's command, as the caller with the number gives it. Its
// trace goes along with whatever follows, and tells one caller's from another's.
func (o order) metadata(caller int) *entityv1.Metadata {
	entries := []*entityv1.MetadataEntry{entry(traceParent, fmt.Sprintf("00-%032x-%016x-01", caller+1, 1))}
	if o.Once != "" {
		entries = append(entries, entry(header.IdempotencyKey, o.Once))
	}
	return &entityv1.Metadata{Entries: entries}
}

const traceParent = "traceparent"

func entry(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

// origin names the caller of whose call the metadata is.
func origin(metadata *entityv1.Metadata) string {
	for _, entry := range metadata.GetEntries() {
		if entry.GetKey() == traceParent && len(entry.GetStringValue()) == 55 {
			return " for " + strings.TrimLeft(entry.GetStringValue()[3:35], "0")
		}
	}
	return ""
}

// forwarded returns the order that the answer is handed over to; nil when there is none.
func (o order) forwarded() *order {
	for n := range o.Then {
		if o.Then[n].How == forward {
			return &o.Then[n]
		}
	}
	return nil
}

// action is what the caller gets for the order.
func (o order) action(state string) *entityv1.ClientAction {
	if to := o.forwarded(); to != nil {
		return &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
			ServiceName: to.Service, CommandName: "Add", Payload: text(string(to.encode())),
		}}}
	}
	return &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: text(state)}}}
}

// effects are the side effects of the order.
func (o order) effects() []*entityv1.SideEffect {
	var effects []*entityv1.SideEffect
	for _, then := range o.Then {
		if then.How == forward {
			continue
		}
		effects = append(effects, &entityv1.SideEffect{
			ServiceName: then.Service, CommandName: "Add", Payload: text(string(then.encode())),
			Synchronous: then.How == synchronous, Durable: then.How == durably,
		})
	}
	return effects
}

func text(s string) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/test.Text", Value: []byte(s)}
}

// tokens splits a state into what made it.
func tokens(state string) []string {
	split := strings.SplitAfter(state, ";")
	return split[:len(split)-1]
}

// catalogue finds the methods: Add of every kind, and Get, which changes nothing.
type catalogue struct{}

func (catalogue) Method(service, name string) (router.Method, error) {
	kinds := map[string]wire.Kind{journaled: wire.EventSourced, valued: wire.Value, fleeting: wire.Value, replicated: wire.Replicated, acting: wire.Action}
	kind, known := kinds[service]
	if !known || name != "Add" && name != "Get" && name != "Watch" {
		return router.Method{}, fault.New(fault.Unknown, "there is no %s/%s", service, name)
	}
	method := router.Method{
		Kind: kind, Shape: wire.Unary, Input: "type.googleapis.com/test.Text", Response: "test.Text",
		ReadOnly: name == "Get" && kind != wire.Action, MaxRequest: 1 << 20,
		Target: runtime.Target{Kind: service, Persistence: service},
		Key: func(request []byte) (string, error) {
			o, err := decode(request)
			if err != nil {
				return "", fmt.Errorf("simulation: %w", err)
			}
			return o.Key, nil
		},
	}
	if name == "Watch" {
		method.Shape = wire.StreamedOut
	}
	return method, nil
}
