package shard_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/stateward/stateward/proxy/internal/shard"
)

// What is stored rests on these: they change with shard.Version alone.
func TestVersion1(t *testing.T) {
	t.Parallel()
	if shard.Version != 1 || shard.Count != 1024 {
		t.Fatalf("version %d of %d shards: give it examples of its own", shard.Version, shard.Count)
	}
	for _, example := range []struct {
		persistence, entity string
		want                int32
	}{
		{"cart", "7", 635},
		{"cart", "8", 705},
		{"profile", "7", 452},
		{"", "ü/☂", 470},
	} {
		if got := shard.Of(example.persistence, example.entity); got != example.want {
			t.Errorf("Of(%q, %q) = %d, want %d", example.persistence, example.entity, got, example.want)
		}
	}
	if got := shard.Owner(7, []string{"a", "b", "c"}); got != "a" {
		t.Errorf("shard 7 is %q's", got)
	}
}

// Names that are alike, as most are, fill all shards evenly.
func TestEven(t *testing.T) {
	t.Parallel()
	const each = 100
	var counts [shard.Count]int
	for n := range each * shard.Count {
		counts[shard.Of("cart", fmt.Sprintf("user-%d", n))]++
	}
	if few, many := slices.Min(counts[:]), slices.Max(counts[:]); few < each/2 || many > each*2 {
		t.Errorf("a shard has %d entities, and another %d: %d would be even", few, many, each)
	}
	nodes := map[string]int{}
	for n := range int32(shard.Count) {
		nodes[shard.Owner(n, []string{"10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000", "10.0.0.4:7000"})]++
	}
	for node, count := range nodes {
		if even := shard.Count / 4; len(nodes) != 4 || count < even*3/4 || count > even*5/4 {
			t.Errorf("%q has %d shards, one of %d nodes", node, count, len(nodes))
		}
	}
}

// The order of the nodes says nothing, and what a node that leaves did not have stays
// where it is.
func TestOwnersStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SliceOfNDistinct(rapid.StringN(1, 20, 40), 1, 10, rapid.ID).Draw(t, "nodes")
		number := rapid.Int32Range(0, shard.Count-1).Draw(t, "shard")
		owner := shard.Owner(number, nodes)
		if !slices.Contains(nodes, owner) {
			t.Fatalf("the owner %q is none of them", owner)
		}
		if other := shard.Owner(number, rapid.Permutation(nodes).Draw(t, "permuted")); other != owner {
			t.Fatalf("%q in another order, %q in this one", other, owner)
		}
		leaves := rapid.SampledFrom(nodes).Draw(t, "leaves")
		left := slices.DeleteFunc(slices.Clone(nodes), func(node string) bool { return node == leaves })
		if after := shard.Owner(number, left); leaves != owner && after != owner {
			t.Fatalf("%q leaves, and %q gives it to %q", leaves, owner, after)
		}
	})
}

func TestNobody(t *testing.T) {
	t.Parallel()
	if owner := shard.Owner(1, nil); owner != "" {
		t.Errorf("%q of no nodes", owner)
	}
}

func BenchmarkOf(b *testing.B) {
	for b.Loop() {
		shard.Of("shopping-cart", "user-4711")
	}
}
