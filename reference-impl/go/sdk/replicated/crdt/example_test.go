package crdt_test

import (
	"fmt"

	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
)

// A handler's side of a value: it is used as a set of Go would be.
func ExampleORSet() {
	visitors := crdt.NewORSet(crdt.String())
	visitors.Add("anna")
	visitors.Add("ben")
	visitors.Delete("ben")
	for name := range visitors.All() {
		fmt.Println(name)
	}
	// Output: anna
}

// Values in a map are made where they are first asked for.
func ExampleORMap() {
	calls := crdt.NewORMap(crdt.String(), func(string) *crdt.PNCounter { return crdt.NewPNCounter() })
	if err := calls.Ensure("anna").Add(2); err != nil {
		fmt.Println(err) // ErrRange, which a handler returns
	}
	anna, there := calls.Get("anna")
	fmt.Println(anna.Value(), there, calls.Has("ben"))
	// Output: 2 true false
}

// The proxy's side of a value: what was done since the last commit is told, or undone.
func ExampleValue() {
	count := crdt.NewGCounter()
	_ = count.Add(2) // far from the end of its range
	fmt.Println(count.Delta().GetGcounter().GetIncrement())
	count.Commit()

	_ = count.Add(3)
	count.Rollback()
	fmt.Println(count.Value(), count.Changed())
	// Output:
	// 2
	// 2 false
}
