package multiplex

// window is what a side may send on a handle that has taken nothing yet, in bytes.
const window = 65536

// balance is what a sender may still send on a handle, in bytes. It is below 0 behind a
// message that was larger than the window. Both sides count it.
type balance int64

// admits says whether a message of n bytes may be sent: it fits, or nothing is owed.
func (b balance) admits(n int) bool { return n > 0 && (balance(n) <= b || b == window) }

// take returns the balance behind a message of n bytes, which it admits.
func (b balance) take(n int) balance { return b - balance(n) }

// give returns the balance once n bytes were given back, and whether that many were owed.
func (b balance) give(n int64) (balance, bool) {
	if n <= 0 || balance(n) > window-b {
		return b, false
	}
	return b + balance(n), true
}
