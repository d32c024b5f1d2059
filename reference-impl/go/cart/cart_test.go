package main

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
)

func item(productID, name string, quantity int32) *cartv1.LineItem {
	return &cartv1.LineItem{ProductId: productID, Name: name, Quantity: quantity}
}

// cartOf returns a cart to which these were added.
func cartOf(items ...*cartv1.LineItem) *Cart {
	cart := NewCart("a user")
	for _, item := range items {
		cart.Added(&cartv1.ItemAdded{Item: item})
	}
	return cart
}

func TestAdd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cart     *Cart
		product  string
		quantity int32
		want     error
	}{
		"the first":               {cartOf(), "apple", 1, nil},
		"more of it":              {cartOf(item("apple", "Apple", 2)), "apple", 3, nil},
		"as many as there are":    {cartOf(), "apple", math.MaxInt32, nil},
		"up to the brim":          {cartOf(item("apple", "Apple", 1)), "apple", math.MaxInt32 - 1, nil},
		"one too many":            {cartOf(item("apple", "Apple", 1)), "apple", math.MaxInt32, errTooMany},
		"another beside a lot":    {cartOf(item("apple", "Apple", math.MaxInt32)), "pear", 1, nil},
		"none":                    {cartOf(), "apple", 0, errQuantity},
		"less than none":          {cartOf(item("apple", "Apple", 5)), "apple", -1, errQuantity},
		"the least that there is": {cartOf(item("apple", "Apple", 5)), "apple", math.MinInt32, errQuantity},
		"no product":              {cartOf(), "", 1, errNoProduct},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := c.cart.Save()
			event, err := c.cart.Add(c.product, "Name", c.quantity)
			if !errors.Is(err, c.want) || (event == nil) != (c.want != nil) {
				t.Errorf("%v, %v; want %v", event, err, c.want)
			}
			if !proto.Equal(before, c.cart.Save()) {
				t.Errorf("deciding has changed the cart to %v", c.cart.Save())
			}
		})
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	cart := cartOf(item("apple", "Apple", 2), item("pear", "Pear", 1))
	if event, err := cart.Remove("plum"); !errors.Is(err, errMissing) {
		t.Errorf("a product that is not there: %v, %v", event, err)
	}
	event, err := cart.Remove("apple")
	if err != nil {
		t.Fatal(err)
	}
	cart.Removed(event)
	if diff := cmp.Diff([]*cartv1.LineItem{item("pear", "Pear", 1)}, cart.Items(), protocmp.Transform()); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if _, err := cart.Remove("apple"); !errors.Is(err, errMissing) {
		t.Errorf("a product that is gone: %v", err)
	}
}

func TestItemsAreOrderedAndAddedUp(t *testing.T) {
	t.Parallel()
	cart := cartOf(item("pear", "Pear", 1), item("apple", "Apple", 2), item("pear", "Williams", 3))
	want := []*cartv1.LineItem{item("apple", "Apple", 2), item("pear", "Williams", 4)}
	if diff := cmp.Diff(want, cart.Items(), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// In UTF-16 the second, which is a surrogate pair, comes first.
func TestItemsAreOrderedByCodePoint(t *testing.T) {
	t.Parallel()
	tilde, apple := item("\uFF5E", "Fullwidth tilde", 1), item("\U0001F34E", "Red apple", 1)
	want := []*cartv1.LineItem{tilde, apple}
	if diff := cmp.Diff(want, cartOf(apple, tilde).Items(), protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A cart that was saved at any point and given the later events is the cart
// that was given all of them.
func TestSnapshotThenEventsIsEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOf(rapid.Custom(drawEvent)).Draw(t, "events")
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		whole, early := NewCart(""), NewCart("")
		apply(whole, events)
		apply(early, events[:cut])

		restored := NewCart("")
		restored.Restore(early.Save())
		apply(restored, events[cut:])
		if diff := cmp.Diff(whole.Save(), restored.Save(), protocmp.Transform()); diff != "" {
			t.Fatalf("(-whole +restored):\n%s", diff)
		}
	})
}

func drawEvent(t *rapid.T) proto.Message {
	product := rapid.SampledFrom([]string{"apple", "pear", "plum"}).Draw(t, "product")
	if rapid.Bool().Draw(t, "remove") {
		return &cartv1.ItemRemoved{ProductId: product}
	}
	return &cartv1.ItemAdded{Item: item(product, rapid.String().Draw(t, "name"), rapid.Int32Range(1, 9).Draw(t, "quantity"))}
}

func apply(cart *Cart, events []proto.Message) {
	for _, event := range events {
		switch event := event.(type) {
		case *cartv1.ItemAdded:
			cart.Added(event)
		case *cartv1.ItemRemoved:
			cart.Removed(event)
		}
	}
}
