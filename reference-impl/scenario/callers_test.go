package scenario_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
)

// line is a product in a cart: how many were added, one at a time, and the name
// that the last of them gave it. So it shows how many changes there were, and
// which was the last.
type line struct {
	quantity int32
	last     string
}

// newBuyer returns a caller that adds one product to a cart, again and again.
// Others add other products to the same cart.
func newBuyer(shop *site, user, product string, random *rand.Rand) *caller[line] {
	return &caller[line]{
		name:   user + "'s " + product,
		random: random,
		next: func(number int, _ line) change[line] {
			name := fmt.Sprint("change ", number)
			return change[line]{
				ask: func(ctx context.Context) error {
					_, err := shop.conn.cart().AddItem(ctx, &cartv1.AddItemRequest{UserId: user, ProductId: product, Name: name, Quantity: 1})
					return err
				},
				apply: func(before line) line { return line{before.quantity + 1, name} },
			}
		},
		read: func(ctx context.Context) (now line, err error) {
			err = eventually(ctx, func(ctx context.Context) error {
				cart, err := shop.conn.cart().GetCart(ctx, &cartv1.GetCartRequest{UserId: user})
				for _, item := range cart.GetItems() {
					if item.GetProductId() == product {
						now = line{item.GetQuantity(), item.GetName()}
					}
				}
				return err
			})
			return now, err
		},
	}
}

// customer is a profile; the zero one is none.
type customer struct{ name, email string }

// newClerk returns a caller that writes, changes and deletes one profile.
func newClerk(office *site, id string, random *rand.Rand) *caller[customer] {
	clerk := &clerk{office: office, customer: id}
	return &caller[customer]{
		name:   "profile of " + id,
		random: random,
		next: func(number int, now customer) change[customer] {
			name, email := fmt.Sprint("change ", number), fmt.Sprint(number, "@example.com")
			switch {
			case now == customer{} || random.IntN(3) == 0:
				return change[customer]{
					ask:   clerk.put(&profilev1.Profile{Name: name, Email: email}),
					apply: func(customer) customer { return customer{name, email} },
				}
			case random.IntN(8) == 0:
				return change[customer]{ask: clerk.forget(), apply: func(customer) customer { return customer{} }}
			default:
				return change[customer]{
					ask:   clerk.email(email),
					apply: func(before customer) customer { return customer{before.name, email} },
				}
			}
		},
		read: func(ctx context.Context) (customer, error) {
			profile, err := clerk.read(ctx)
			if status.Code(err) == codes.NotFound {
				return customer{}, nil
			}
			return customer{profile.GetName(), profile.GetEmail()}, err
		},
	}
}
