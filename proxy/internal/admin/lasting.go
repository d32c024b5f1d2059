package admin

import (
	"net/http"
	"time"
)

// writeTime is how long somebody who watches may leave what is sent unread.
const writeTime = 30 * time.Second

// Lasting lets the handler answer for as long as it likes, as long as what it sends is
// read.
func Lasting(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if control.SetReadDeadline(time.Time{}) != nil {
			http.Error(w, "this server cannot send a stream", http.StatusInternalServerError)
			return
		}
		handler.ServeHTTP(&lasting{ResponseWriter: w, control: control}, r)
	})
}

// lasting gives each write its own time.
type lasting struct {
	http.ResponseWriter

	control *http.ResponseController
}

// Unwrap is for http.ResponseController.
func (l *lasting) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// Flush sends what was written.
func (l *lasting) Flush() { _ = l.control.Flush() } // Whoever has gone away ends the request.

// Write writes within the time.
func (l *lasting) Write(b []byte) (int, error) {
	if err := l.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return l.ResponseWriter.Write(b)
}
