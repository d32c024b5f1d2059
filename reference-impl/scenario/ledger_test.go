package scenario_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/grpc/codes"
)

// ledger is what the client of one cart knows: for each product the quantities
// that the cart may hold. An acknowledged change leaves no choice; one whose
// answer was lost leaves two. Not safe for concurrent use.
type ledger struct {
	possible map[string]map[int32]bool
	// acknowledged counts the changes that were answered with OK.
	acknowledged int
}

func newLedger() *ledger { return &ledger{possible: map[string]map[int32]bool{}} }

// added notes the answer to an AddItem. One that is refused changes nothing.
func (l *ledger) added(product string, quantity int32, code codes.Code) error {
	now := l.of(product)
	next := map[int32]bool{}
	for q := range now {
		due := answerToAdd(product, quantity, q)
		if final(code) && code != due {
			continue // it cannot have held so many
		}
		if due == codes.OK {
			next[q+quantity] = true
		}
		if code != codes.OK {
			next[q] = true
		}
	}
	if len(next) == 0 {
		return fmt.Errorf("%d of %q more was answered with %v, where the cart must hold one of %v", quantity, product, code, quantities(now))
	}
	l.note(product, next, code)
	return nil
}

// answerToAdd is the answer to an AddItem of a cart that holds so many of the product.
func answerToAdd(product string, quantity, held int32) codes.Code {
	switch {
	case product == "" || quantity < 1:
		return codes.InvalidArgument
	case quantity > math.MaxInt32-held:
		return codes.OutOfRange
	default:
		return codes.OK
	}
}

// final reports whether the cart itself has answered: what was asked for is done, or refused.
func final(code codes.Code) bool {
	switch code {
	case codes.OK, codes.InvalidArgument, codes.NotFound, codes.OutOfRange:
		return true
	default:
		return false
	}
}

// removed notes the answer to a RemoveItem. NOT_FOUND says that there was none.
func (l *ledger) removed(product string, code codes.Code) error {
	now := l.of(product)
	switch code {
	case codes.OK:
		if len(now) == 1 && now[0] {
			return fmt.Errorf("%s was removed, but it cannot have been in the cart", product)
		}
		now = map[int32]bool{0: true}
	case codes.NotFound:
		if !now[0] {
			return fmt.Errorf("%s was not found, but the cart must hold one of %v", product, quantities(now))
		}
		now = map[int32]bool{0: true}
	default:
		if final(code) {
			return fmt.Errorf("the removal of %s was answered with %v", product, code)
		}
		now = maps.Clone(now)
		now[0] = true
	}
	l.note(product, now, code)
	return nil
}

// check compares a cart that was read with what the client knows. Its lines are in the
// order of code points, which is that of the bytes of UTF-8.
func (l *ledger) check(items []item) error {
	if !slices.IsSortedFunc(items, func(a, b item) int { return cmp.Compare(a.Product, b.Product) }) {
		return fmt.Errorf("the lines are not ordered by product: %v", items)
	}
	held := map[string]int32{}
	for _, item := range items {
		if _, twice := held[item.Product]; twice {
			return fmt.Errorf("%s has two lines", item.Product)
		}
		if item.Name != label(item.Product) {
			return fmt.Errorf("%s is called %q", item.Product, item.Name)
		}
		held[item.Product] = item.Quantity
	}
	for product, quantity := range held {
		if l.possible[product] == nil {
			return fmt.Errorf("the cart holds %d of %s, which nobody added", quantity, product)
		}
	}
	for product, possible := range l.possible {
		if !possible[held[product]] {
			return fmt.Errorf("the cart holds %d of %s, where it must hold one of %v", held[product], product, quantities(possible))
		}
	}
	return nil
}

func (l *ledger) of(product string) map[int32]bool {
	if now := l.possible[product]; now != nil {
		return now
	}
	return map[int32]bool{0: true}
}

func (l *ledger) note(product string, next map[int32]bool, code codes.Code) {
	l.possible[product] = next
	if code == codes.OK {
		l.acknowledged++
	}
}

func quantities(possible map[int32]bool) []int32 { return slices.Sorted(maps.Keys(possible)) }
