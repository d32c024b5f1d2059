package main

import (
	"errors"

	"google.golang.org/grpc/codes"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
)

// snapshotEvery is after how many events a cart is saved whole.
const snapshotEvery = 100

// cartEntity binds the domain to the protos: which event does what, which
// command decides what.
func cartEntity() sdk.Entity {
	service := cartv1.File_stateward_samples_cart_v1_cart_proto.Services().ByName("ShoppingCartService")
	cart := eventsourced.New(service, "shopping-cart", NewCart)
	eventsourced.Snapshot(cart, snapshotEvery, (*Cart).Save, (*Cart).Restore)
	eventsourced.Apply(cart, (*Cart).Added)
	eventsourced.Apply(cart, (*Cart).Removed)
	eventsourced.Handle(cart, "AddItem", addItem)
	eventsourced.Handle(cart, "RemoveItem", removeItem)
	eventsourced.Handle(cart, "GetCart", getCart)
	return cart
}

func addItem(ctx *eventsourced.Context, cart *Cart, request *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	event, err := cart.Add(request.GetProductId(), request.GetName(), request.GetQuantity())
	if err != nil {
		return nil, refuse(err) // and nothing has happened
	}
	ctx.Emit(event) // a fact from here on, and in the state at once
	return &cartv1.AddItemResponse{}, nil
}

func removeItem(ctx *eventsourced.Context, cart *Cart, request *cartv1.RemoveItemRequest) (*cartv1.RemoveItemResponse, error) {
	event, err := cart.Remove(request.GetProductId())
	if err != nil {
		return nil, refuse(err)
	}
	ctx.Emit(event)
	return &cartv1.RemoveItemResponse{}, nil
}

func getCart(_ *eventsourced.Context, cart *Cart, _ *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
	return &cartv1.GetCartResponse{Items: cart.Items()}, nil
}

// refuse gives the domain's refusal the code that callers act on.
func refuse(err error) error {
	code := codes.Unknown
	switch {
	case errors.Is(err, errNoProduct), errors.Is(err, errQuantity):
		code = codes.InvalidArgument
	case errors.Is(err, errTooMany):
		code = codes.OutOfRange
	case errors.Is(err, errMissing):
		code = codes.NotFound
	}
	return sdk.Errorf(code, "%v", err)
}
