package way

import (
	"io"
	"net/http"
	"time"
)

// What of the body of a refused request is still taken: a client that is interrupted while
// it sends may miss the answer.
const (
	drainBytes = 16 << 20
	drainTime  = time.Second
)

// Drain sends the answer that has been written, and then takes what is left of the body, as
// far as that is not too much.
func Drain(w http.ResponseWriter, body io.Reader) {
	control := http.NewResponseController(w)
	if control.Flush() != nil || control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(body, drainBytes)); err == nil {
		_ = control.SetReadDeadline(time.Time{}) // for the next request of the connection
	}
}
