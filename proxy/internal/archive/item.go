package archive

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
)

// encode appends the body of the item, and returns the type of its frame.
func encode(b []byte, item store.Item) (frame byte, body []byte, err error) {
	switch item := item.(type) {
	case store.Start:
		return frameStart, appendNumber(appendNumber(b, item.Epoch), item.Offset), nil
	case store.KindItem:
		return frameKind, appendBytes(appendBytes(b, item.Persistence), item.Kind), nil
	case store.EventItem:
		b = appendNumber(appendNumber(appendID(b, item.ID), item.Event.Sequence), item.Offset)
		b, err = appendMetadata(appendTime(b, item.Event.Time), item.Event.Metadata)
		return frameEvent, appendPayload(b, item.Event.Payload), err
	case store.SnapshotItem:
		return frameSnapshot, appendPayload(appendNumber(appendID(b, item.ID), item.Snapshot.Sequence), item.Snapshot.State), nil
	case store.DeletionItem:
		return frameDeletion, appendNumber(appendID(b, item.ID), item.Last), nil
	case store.PurgeItem:
		return framePurge, appendTime(appendID(b, item.ID), item.At), nil
	case store.ValueItem:
		return frameValue, appendValue(appendID(b, item.ID), item.Value), nil
	case store.RecordItem:
		return frameRecord, appendRecord(appendID(b, item.ID), item.Record), nil
	case store.EffectItem:
		return frameEffect, appendEffect(b, item.Effect), nil
	case store.CopyItem:
		return frameCopy, appendBytes(appendBytes(appendID(b, item.Replica.ID), item.Node), item.Replica.State), nil
	case store.DamageItem:
		return frameDamage, appendBytes(appendBytes(b, item.Of), item.What), nil
	default:
		return 0, nil, fmt.Errorf("an item of the type %T", item)
	}
}

func appendValue(b []byte, v store.Value) []byte {
	b = appendFlag(appendTime(appendNumber(b, v.Revision), v.Ends), v.Value != nil)
	if v.Value == nil {
		return b
	}
	return appendPayload(b, v.Value)
}

func appendRecord(b []byte, r store.Record) []byte {
	b = appendTime(appendBytes(appendBytes(b, r.Key), r.Command), r.Expires)
	return appendBytes(append(b, r.Digest[:]...), r.Answer)
}

func appendEffect(b []byte, e store.Effect) []byte {
	b = appendTime(appendID(appendBytes(b, e.ID), e.Source), e.Stored)
	b = appendFlag(b, e.Parked != nil)
	if p := e.Parked; p != nil {
		b = binary.AppendVarint(appendNumber(appendTime(b, p.At), int64(p.Attempts)), int64(p.Code))
		b = appendBytes(b, p.Text)
	}
	return appendBytes(b, e.Body)
}

// decode returns the item in the body of a frame of the type.
func decode(frame byte, data []byte) (item store.Item, err error) {
	b := &body{rest: data}
	switch frame {
	case frameStart:
		item = store.Start{Epoch: b.number("the epoch"), Offset: b.number("the offset")}
	case frameKind:
		item = store.KindItem{Persistence: b.text("a persistence id"), Kind: b.text("a kind")}
	case frameEvent:
		item = b.event()
	case frameSnapshot:
		item = store.SnapshotItem{ID: b.id(), Snapshot: entity.Snapshot{Sequence: b.number("the sequence"), State: b.payload()}}
	case frameDeletion:
		item = store.DeletionItem{ID: b.id(), Last: b.number("the last sequence")}
	case framePurge:
		item = store.PurgeItem{ID: b.id(), At: b.time("a time")}
	case frameValue:
		item = store.ValueItem{ID: b.id(), Value: b.value()}
	case frameRecord:
		item = store.RecordItem{ID: b.id(), Record: b.record()}
	case frameEffect:
		item = store.EffectItem{Effect: b.effect()}
	case frameCopy:
		id := b.id()
		item = store.CopyItem{Node: b.text("a node"), Replica: store.Replica{ID: id, State: b.bytes("a state")}}
	case frameDamage:
		item = store.DamageItem{Of: b.text("what is damaged"), What: b.text("what is wrong")}
	default:
		return nil, fmt.Errorf("its type is %#02x, which is none", frame)
	}
	return item, b.end()
}

func (b *body) event() store.EventItem {
	e := store.EventItem{ID: b.id()}
	e.Event.Sequence, e.Offset = b.number("the sequence"), b.number("the offset")
	e.Event.Time, e.Event.Metadata, e.Event.Payload = b.time("a time"), b.metadata(), b.payload()
	return e
}

func (b *body) value() store.Value {
	v := store.Value{Revision: b.number("the revision"), Ends: b.time("an end")}
	if b.flag("whether there is a value") {
		v.Value = b.payload()
	}
	return v
}

func (b *body) record() store.Record {
	r := store.Record{Key: b.text("a key"), Command: b.text("a command"), Expires: b.time("an end")}
	if len(b.rest) < len(r.Digest) {
		b.failf("a digest in %d bytes", len(b.rest))
	}
	b.rest = b.rest[copy(r.Digest[:], b.rest):]
	r.Answer = b.bytes("an answer")
	return r
}

func (b *body) effect() store.Effect {
	e := store.Effect{ID: b.text("an id"), Source: b.id(), Stored: b.time("the time of storing")}
	if b.flag("whether it is parked") {
		p := &store.Parking{At: b.time("the time of parking"), Attempts: int(b.number("the attempts"))}
		code := b.signed("the code")
		if code < math.MinInt32 || code > math.MaxInt32 {
			b.failf("the code is %d", code)
		}
		p.Code, p.Text = int32(code), b.text("the reason")
		e.Parked = p
	}
	e.Body = b.bytes("what is to be done")
	return e
}
