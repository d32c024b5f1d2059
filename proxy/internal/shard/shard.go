// Package shard says to which shard an entity belongs, and which of several nodes is
// to have a shard. It is pure: every proxy that shares a store finds the same.
package shard

// Count is how many shards there are, and Version names the hash that spreads entities
// over them. What is stored rests on both: whoever changes one changes the other, and
// refuses a store of another version.
const (
	Count   = 1024
	Version = 1
)

// Of returns the shard of the entity, from 0 and below Count.
func Of(persistence, entity string) int32 {
	h := add(basis, persistence)
	h = (h ^ 0xff) * prime // A byte that is in no UTF-8, between the two.
	return int32(mix(add(h, entity)) % Count)
}

// Owner returns the node that is to have the shard: the one whose name together with
// the shard's number has the largest hash. A node that joins takes over its share and
// nothing else moves; so it is when one leaves. "" where there is no node.
func Owner(shard int32, nodes []string) string {
	owner, most := "", uint64(0)
	for _, node := range nodes {
		h := mix(add(basis, node) ^ mix(uint64(shard)+1))
		if owner == "" || h > most || h == most && node < owner {
			owner, most = node, h
		}
	}
	return owner
}

// Of FNV-1a, with 64 bits.
const (
	basis = 14695981039346656037
	prime = 1099511628211
)

// add takes the bytes of the text into the hash, as FNV-1a does.
func add(h uint64, text string) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}

// mix spreads each bit over all of them, as the last step of MurmurHash3 does: the low
// bits of FNV alone are alike for texts that are.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
