package eventsourced_test

import (
	"fmt"

	"google.golang.org/grpc/codes"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
)

// cart is how many of each product one user wants.
type cart map[string]int32

// A shopping cart: commands decide, events change.
func Example() {
	service := cartv1.File_stateward_samples_cart_v1_cart_proto.Services().ByName("ShoppingCartService")
	carts := eventsourced.New(service, "shopping-cart", func(string) *cart { return &cart{} })
	eventsourced.Apply(carts, func(cart *cart, event *cartv1.ItemAdded) {
		(*cart)[event.GetItem().GetProductId()] += event.GetItem().GetQuantity()
	})
	eventsourced.Apply(carts, func(cart *cart, event *cartv1.ItemRemoved) {
		delete(*cart, event.GetProductId())
	})
	eventsourced.Handle(carts, "AddItem",
		func(ctx *eventsourced.Context, _ *cart, request *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
			if request.GetQuantity() < 1 {
				return nil, sdk.Errorf(codes.InvalidArgument, "%d of something", request.GetQuantity()) // nothing has happened
			}
			ctx.Emit(&cartv1.ItemAdded{Item: &cartv1.LineItem{ // a fact from here on
				ProductId: request.GetProductId(), Quantity: request.GetQuantity(),
			}})
			return &cartv1.AddItemResponse{}, nil
		})
	eventsourced.Handle(carts, "RemoveItem",
		func(ctx *eventsourced.Context, _ *cart, request *cartv1.RemoveItemRequest) (*cartv1.RemoveItemResponse, error) {
			ctx.Emit(&cartv1.ItemRemoved{ProductId: request.GetProductId()})
			return &cartv1.RemoveItemResponse{}, nil
		})
	eventsourced.Handle(carts, "GetCart",
		func(_ *eventsourced.Context, cart *cart, _ *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
			response := &cartv1.GetCartResponse{}
			for product, quantity := range *cart {
				response.Items = append(response.Items, &cartv1.LineItem{ProductId: product, Quantity: quantity})
			}
			return response, nil
		})

	_, err := sdk.New(sdk.Config{Name: "shop", Version: "1.0.0", Entities: []sdk.Entity{carts}})
	fmt.Println("mistakes:", err)
	// Output: mistakes: <nil>
}
