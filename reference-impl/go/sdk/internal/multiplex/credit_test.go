package multiplex

import (
	"testing"

	"pgregory.net/rapid"
)

// MUX-CREDIT-003: the table of the chapter.
func TestBalanceAdmits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		balance balance
		n       int
		want    bool
	}{
		{window, window, true},
		{window, window + 1, true},
		{window - 1, window, false},
		{100, 100, true},
		{0, 1, false},
		{-1, 1, false},
		{window, 0, false},
	} {
		if got := row.balance.admits(row.n); got != row.want {
			t.Errorf("%d admits %d: %v", row.balance, row.n, got)
		}
	}
}

// Both sides count alike, however they take turns: the receiver is ahead of the sender by
// the credit that is on its way, so it admits what the sender may send; what is owed is
// never more than the window or one message; and once all is given back, all may be sent.
func TestBalanceOfBothSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sender, receiver balance = window, window
		var under, taken []int // messages, and credit on its way
		held, largest := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(1, 100), rapid.IntRange(1, 3*window)).Draw(t, "bytes")
				if !sender.admits(n) {
					t.Skip("no credit")
				}
				if !receiver.admits(n) {
					t.Fatalf("the receiver refuses %d with %d, the sender has %d", n, receiver, sender)
				}
				sender, receiver = sender.take(n), receiver.take(n)
				under, held, largest = append(under, n), held+n, max(largest, n)
			},
			"take": func(t *rapid.T) {
				if len(under) == 0 {
					t.Skip("nothing to take")
				}
				var owed bool
				if receiver, owed = receiver.give(int64(under[0])); !owed {
					t.Fatalf("%d were not owed", under[0])
				}
				under, taken, held = under[1:], append(taken, under[0]), held-under[0]
			},
			"credit": func(t *rapid.T) {
				if len(taken) == 0 {
					t.Skip("none on its way")
				}
				var owed bool
				if sender, owed = sender.give(int64(taken[0])); !owed {
					t.Fatalf("%d were not owed", taken[0])
				}
				taken = taken[1:]
			},
			"": func(t *rapid.T) {
				if sender > receiver || receiver > window || held > max(window, largest) {
					t.Fatalf("sender %d, receiver %d, held %d", sender, receiver, held)
				}
				if len(under)+len(taken) == 0 && sender != window {
					t.Fatalf("nothing is owed, and the balance is %d", sender)
				}
				if _, owed := sender.give(int64(window-sender) + 1); owed {
					t.Fatal("more than is owed was taken")
				}
			},
		})
	})
}
