package rest

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/transcode"
)

// slowest is how long a body may bring no byte (HTTP-LIMIT-006).
const slowest = 30 * time.Second

// patient is a body that may take its time, as long as something comes.
type patient struct {
	io.Reader

	control *http.ResponseController
}

// Read reads what comes next. Where the deadline cannot be set there is none, which is so
// in no server of net/http.
func (p patient) Read(into []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(slowest))
	return p.Reader.Read(into)
}

// readBody returns the body of the request.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	body, err := io.ReadAll(io.LimitReader(patient{r.Body, control}, maxBody+1))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{}) // The rest of the call has no such deadline.
		if len(body) > maxBody {
			return nil, transcode.Refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
		}
		return body, nil
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, transcode.Refuse(http.StatusRequestTimeout, "the body brought no byte for %v", slowest)
	case r.Context().Err() != nil:
		return nil, fault.FromContext(r.Context())
	default:
		return nil, transcode.Refuse(http.StatusBadRequest, "the body cannot be read: %v", err)
	}
}

// withTimeout returns ctx with the deadline of the header grpc-timeout, which has these
// values (HTTP-TIME-001).
func withTimeout(ctx context.Context, values []string) (context.Context, context.CancelFunc, error) {
	if len(values) == 0 {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel, nil
	}
	timeout, ok := parseTimeout(values[0])
	if !ok || len(values) > 1 {
		return nil, nil, transcode.Refuse(http.StatusBadRequest, "the header grpc-timeout is %q: give it once, as 1 to 8 digits and one of H, M, S, m, u, n", strings.Join(values, ", "))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	return ctx, cancel, nil
}

// parseTimeout reads a value of grpc-timeout.
func parseTimeout(value string) (time.Duration, bool) {
	const mostDigits = 8
	units := map[byte]time.Duration{
		'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
	}
	if len(value) < 2 || len(value) > mostDigits+1 {
		return 0, false
	}
	digits, unit := value[:len(value)-1], units[value[len(value)-1]]
	n, err := strconv.ParseUint(digits, 10, 32) // 8 digits fit
	if unit == 0 || err != nil {
		return 0, false
	}
	if n > uint64(math.MaxInt64/unit) {
		return math.MaxInt64, true
	}
	return time.Duration(n) * unit, true
}
