package durable

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
)

// Body is what the store keeps of one effect besides its id and its times. Whoever has
// it shares it, and writes to nothing of it.
type Body struct {
	// Source is the entity whose reply asked for the effect.
	Source entity.ID
	// Errand is what the function asked for: the target, its request, and its own
	// metadata as FX-META-001 and FX-META-002 leave it. A key of its own that only
	// repeats its command's is left out (FX-DUR-005).
	Errand *entityv1.Forward
	// Trace is that of the command that caused the effect.
	Trace []*entityv1.MetadataEntry
	// Principal says who called first: each attempt carries it (ACC-FOLLOW-001).
	Principal []*entityv1.MetadataEntry
	// Key is the idempotency key that the proxy gives the effect; empty where it has
	// one of its own.
	Key string
	// Depth is that of the target's command.
	Depth int
}

// NewBody returns the body of a durable side effect of a command with the key, the
// trace, the principal and the depth. The id is the effect's in the store.
func NewBody(source entity.ID, key string, trace, principal []*entityv1.MetadataEntry, depth int, effect *entityv1.SideEffect, id string) Body {
	body := Body{
		Source: source,
		Errand: &entityv1.Forward{
			ServiceName: effect.GetServiceName(), CommandName: effect.GetCommandName(),
			Payload: effect.GetPayload(), Metadata: header.Forwarded(effect.GetMetadata()),
		},
		Trace:     trace,
		Principal: principal,
		Depth:     depth + 1,
	}
	if !header.HasKey(body.Errand.GetMetadata(), key) {
		body.Errand.Metadata = header.WithoutKey(body.Errand.GetMetadata())
		body.Key = keyPrefix + id
	}
	return body
}

// keyPrefix begins every key that the proxy gives: an id alone could be a caller's.
const keyPrefix = "stateward-effect-"

// The fields of an encoded body, which stands behind a byte that says how it is
// encoded. They are protobuf's, so that a later version can read an earlier one's.
const (
	format = 1

	fieldService protowire.Number = 1
	fieldEntity  protowire.Number = 2
	fieldErrand  protowire.Number = 3
	fieldTrace   protowire.Number = 4
	fieldKey     protowire.Number = 5
	fieldDepth   protowire.Number = 6
	fieldCaller  protowire.Number = 7
)

// Encode returns the bytes of the body.
func (b Body) Encode() []byte {
	data := []byte{format}
	data = appendBytes(data, fieldService, []byte(b.Source.Service))
	data = appendBytes(data, fieldEntity, []byte(b.Source.Entity))
	data = appendBytes(data, fieldErrand, marshal(b.Errand))
	if len(b.Trace) > 0 {
		data = appendBytes(data, fieldTrace, marshal(&entityv1.Metadata{Entries: b.Trace}))
	}
	if len(b.Principal) > 0 {
		data = appendBytes(data, fieldCaller, marshal(&entityv1.Metadata{Entries: b.Principal}))
	}
	data = appendBytes(data, fieldKey, []byte(b.Key))
	data = protowire.AppendTag(data, fieldDepth, protowire.VarintType)
	return protowire.AppendVarint(data, uint64(b.Depth))
}

func appendBytes(data []byte, field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(data, field, protowire.BytesType), value)
}

// marshal returns the bytes of a message that was read from the wire, or is ours.
func marshal(message proto.Message) []byte {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		panic(err)
	}
	return data
}

// errBody says that the bytes are no body.
var errBody = errors.New("the store's bytes are no durable side effect")

// DecodeBody reads what Encode has written.
func DecodeBody(data []byte) (Body, error) {
	if len(data) == 0 || data[0] != format {
		return Body{}, fmt.Errorf("%w that this version can read", errBody)
	}
	body := Body{Errand: &entityv1.Forward{}}
	for data = data[1:]; len(data) > 0; {
		field, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return Body{}, errBody
		}
		data = data[n:]
		var err error
		if n, err = readField(&body, field, kind, data); err != nil {
			return Body{}, err
		}
		data = data[n:]
	}
	if body.Source.Service == "" || body.Source.Entity == "" || body.Depth == 0 {
		return Body{}, errBody
	}
	return body, nil
}

// readField reads one field and returns its length.
func readField(b *Body, field protowire.Number, kind protowire.Type, data []byte) (int, error) {
	if field == fieldDepth && kind == protowire.VarintType {
		depth, n := protowire.ConsumeVarint(data)
		if n < 0 || depth > math.MaxInt32 {
			return 0, errBody
		}
		b.Depth = int(depth)
		return n, nil
	}
	value, n := protowire.ConsumeBytes(data)
	if n < 0 || kind != protowire.BytesType {
		return 0, errBody
	}
	switch field {
	case fieldService:
		b.Source.Service = string(value)
	case fieldEntity:
		b.Source.Entity = string(value)
	case fieldKey:
		b.Key = string(value)
	case fieldErrand:
		return n, unmarshal(value, b.Errand)
	case fieldTrace:
		return n, readEntries(value, &b.Trace)
	case fieldCaller:
		return n, readEntries(value, &b.Principal)
	default:
		return 0, errBody
	}
	return n, nil
}

// readEntries reads entries that stand in a message of their own.
func readEntries(data []byte, entries *[]*entityv1.MetadataEntry) error {
	var metadata entityv1.Metadata
	err := unmarshal(data, &metadata)
	*entries = metadata.GetEntries()
	return err
}

func unmarshal(data []byte, message proto.Message) error {
	if err := proto.Unmarshal(data, message); err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	return nil
}

// newID returns an id for the nth durable side effect of a reply that was taken at the
// time; the unique number is the reply's. Ids are in the order of the times, and those
// of one reply in its order.
func newID(at time.Time, unique uint64, n int) string {
	return fmt.Sprintf("%016x-%016x-%08x", at.UnixNano(), unique, n)
}

// storedAt returns the time that is in an id of newID.
func storedAt(id string) time.Time {
	var nanoseconds int64
	if _, err := fmt.Sscanf(id, "%016x-", &nanoseconds); err != nil {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}
