package main

import (
	"cmp"
	"errors"
	"math"
	"slices"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
)

// What a cart refuses.
var (
	errNoProduct = errors.New("a product needs an id")
	errQuantity  = errors.New("the quantity must be at least 1")
	errTooMany   = errors.New("the cart cannot hold so many of one product")
	errMissing   = errors.New("the product is not in the cart")
)

// Cart is what one user has put together. It knows nothing of proxies and
// streams: methods that decide read it and return an event; methods that apply
// one change it and decide nothing.
type Cart struct {
	lines map[string]line // by product id
}

// line is one product in a cart.
type line struct {
	name     string
	quantity int32 // at least 1
}

// NewCart returns an empty cart, whoever its user is.
func NewCart(string) *Cart { return &Cart{lines: map[string]line{}} }

// Add decides whether so many of the product can be put into the cart.
func (c *Cart) Add(productID, name string, quantity int32) (*cartv1.ItemAdded, error) {
	switch {
	case productID == "":
		return nil, errNoProduct
	case quantity < 1:
		return nil, errQuantity
	case quantity > math.MaxInt32-c.lines[productID].quantity:
		return nil, errTooMany
	}
	return &cartv1.ItemAdded{Item: &cartv1.LineItem{ProductId: productID, Name: name, Quantity: quantity}}, nil
}

// Remove decides whether the product can be taken out of the cart.
func (c *Cart) Remove(productID string) (*cartv1.ItemRemoved, error) {
	if _, there := c.lines[productID]; !there {
		return nil, errMissing
	}
	return &cartv1.ItemRemoved{ProductId: productID}, nil
}

// Added applies that items were put into the cart. A product goes by the name
// that it was last given.
func (c *Cart) Added(event *cartv1.ItemAdded) {
	id := event.GetItem().GetProductId()
	c.lines[id] = line{
		name:     event.GetItem().GetName(),
		quantity: c.lines[id].quantity + event.GetItem().GetQuantity(),
	}
}

// Removed applies that a product was taken out of the cart.
func (c *Cart) Removed(event *cartv1.ItemRemoved) { delete(c.lines, event.GetProductId()) }

// Items returns the lines, ordered by product; new ones with each call.
func (c *Cart) Items() []*cartv1.LineItem {
	items := make([]*cartv1.LineItem, 0, len(c.lines))
	for id, line := range c.lines {
		items = append(items, &cartv1.LineItem{ProductId: id, Name: line.name, Quantity: line.quantity})
	}
	slices.SortFunc(items, func(a, b *cartv1.LineItem) int { return cmp.Compare(a.GetProductId(), b.GetProductId()) })
	return items
}

// Save returns the whole cart.
func (c *Cart) Save() *cartv1.CartSnapshot { return &cartv1.CartSnapshot{Items: c.Items()} }

// Restore brings a new cart to what was saved.
func (c *Cart) Restore(saved *cartv1.CartSnapshot) {
	for _, item := range saved.GetItems() {
		c.lines[item.GetProductId()] = line{name: item.GetName(), quantity: item.GetQuantity()}
	}
}
