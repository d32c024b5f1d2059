package transcode_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/stateward/stateward/proxy/internal/transcode"
)

// BenchmarkRequest shows what a request costs, from its path to the payload.
func BenchmarkRequest(b *testing.B) {
	registry := shop(b)
	for name, asked := range map[string]call{
		"item": {line: "POST /carts/c1/items", body: `{"productId":"p1","name":"Tea","quantity":2}`},
		"cart": {line: "GET /carts/c1"},
		"page": {line: "POST /echo/strings", body: `["` + strings.Repeat(`a","`, 999) + `"]`},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := asked.payload(registry); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkResponse shows what a response costs, and what the library's takes.
func BenchmarkResponse(b *testing.B) {
	registry := shop(b)
	binding, _, _, err := call{line: "GET /carts/c1"}.find(registry)
	if err != nil {
		b.Fatal(err)
	}
	payload := message(b, registry, "GetCartResponse", strings.Repeat(`items {product_id: "p1" name: "Tea" quantity: 2}`, 20))
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := transcode.Response(binding, payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		lib := library{binding: binding, types: dynamicpb.NewTypes(registry.Files())}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := lib.write(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkWorstAny shows what the costliest body costs: each Any is looked through for
// its type before what it holds is read.
func BenchmarkWorstAny(b *testing.B) {
	registry := shop(b)
	const deep, large = 98, 4 << 20
	begin, end := `{"any":`+strings.Repeat(`{"value":`, deep), strings.Repeat(`,"@type":"/google.protobuf.Any"}`, deep)+`}`
	held := `{"@type":"/test.shop.v1.LineItem","name":"` + strings.Repeat("a", large-len(begin)-len(end)-50) + `"}`
	asked := call{line: "POST /echo", body: begin + held + end}
	b.SetBytes(int64(len(asked.body)))
	for b.Loop() {
		if _, _, err := asked.payload(registry); err != nil {
			b.Fatal(err)
		}
	}
}
