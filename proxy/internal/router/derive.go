package router

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// role is what an errand is to its source.
type role struct {
	// effect is 0 for the forward of a reply, and n for its nth side effect.
	effect int
}

// nowhere is the requirement that is broken by an errand which leads nowhere.
func (r role) nowhere() string {
	if r.effect > 0 {
		return "FX-EFF-001"
	}
	return "FX-FWD-001"
}

// streams is the requirement by which an errand to a method that streams is refused.
func (r role) streams() string {
	if r.effect > 0 {
		return "FX-SHAPE-002"
	}
	return "FX-SHAPE-001"
}

// derivedPrefix begins every derived key.
const derivedPrefix = "stateward-derived-"

// derive returns the key that an errand has from its source's (IDEM-DERIVE-002): the
// same for the same call, role and place, whichever proxy derives it, and otherwise
// another. How it does so is a part of what is stored: it never changes.
func derive(from source, as role) string {
	sum := sha256.New()
	if from.isAction() {
		write(sum, "action", from.id.Service)
	} else {
		write(sum, "entity", from.persistence) // A service may be renamed.
	}
	write(sum, from.id.Entity, from.name, from.key)
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(as.effect))
	sum.Write(place[:])
	return derivedPrefix + hex.EncodeToString(sum.Sum(nil))
}

// write adds texts to the sum, each behind its length, so that no two lists of them
// are the same bytes.
func write(sum hash.Hash, texts ...string) {
	for _, text := range texts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		sum.Write(length[:])
		sum.Write([]byte(text))
	}
}

// keying decides which idempotency key the command of an errand has; "" for none. The
// metadata is the errand's own.
type keying func(method Method, own *entityv1.Metadata) (key string, err error)

// keyingOf is that of a forward, and of a side effect that is not durable: its own, or
// one that is derived from its source's (IDEM-DERIVE-001).
func keyingOf(from source, as role) keying {
	return func(method Method, own *entityv1.Metadata) (string, error) {
		switch {
		case header.HasKey(own, from.key):
			return ownKey(method, own)
		case from.key == "" || method.Kind == wire.Replicated: // IDEM-DERIVE-004
			return "", nil
		default:
			return derive(from, as), nil
		}
	}
}

// ownKey returns the key that an errand brings along (IDEM-DERIVE-005).
func ownKey(method Method, own *entityv1.Metadata) (string, error) {
	key, err := header.Key(own)
	if err == nil && method.Kind == wire.Replicated {
		err = fault.New(fault.Invalid, "a replicated entity takes no %s", header.IdempotencyKey)
	}
	return key, err
}

// withKey returns the metadata with the key, and no other.
func withKey(metadata *entityv1.Metadata, key string) *entityv1.Metadata {
	if key == "" {
		return header.WithoutKey(metadata)
	}
	return header.WithKey(metadata, key)
}
