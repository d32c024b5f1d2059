// Package cors says to browsers which other origins may call, as the fetch standard has
// it.
package cors

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Any stands for every origin.
const Any = "*"

// Policy says which origins may call. The zero Policy lets none, and says nothing.
type Policy struct {
	// Origins are those that may: scheme, host and, where it is not the scheme's own,
	// port, such as https://shop.example; or Any alone.
	Origins []string
	// Credentials lets them send cookies and the like. It is not for every origin.
	Credentials bool
}

// Validate returns what is wrong with the policy.
func (p Policy) Validate() error {
	for _, origin := range p.Origins {
		if origin == Any {
			if len(p.Origins) > 1 {
				return fmt.Errorf("%q is every origin: give it alone", Any)
			}
			if p.Credentials {
				return errors.New("credentials are not for every origin: name the origins that may send them") // HTTP-CORS-004
			}
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin {
			return fmt.Errorf("%q is no origin: give scheme, host and port in lower case, such as https://shop.example", origin)
		}
	}
	return nil
}

// allows reports whether the origin may call.
func (p Policy) allows(origin string) bool {
	return origin != "" && (slices.Contains(p.Origins, origin) || slices.Contains(p.Origins, Any))
}

// Handler answers preflights, and says to the browser what it may do with the answers of
// next. Methods are the HTTP methods that a request's path takes.
func (p Policy) Handler(methods func(*http.Request) []string, next http.Handler) http.Handler {
	if len(p.Origins) == 0 {
		return next // HTTP-CORS-001: what next says is its own, and it says nothing
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if !p.allows(origin) {
			w.Header().Add("Vary", "Origin")
			next.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			p.preflight(w, r, methods(r))
			return
		}
		next.ServeHTTP(&writer{ResponseWriter: w, policy: p, origin: origin}, r)
	})
}

// preflight says what a call may be like (HTTP-CORS-003).
func (p Policy) preflight(w http.ResponseWriter, r *http.Request, methods []string) {
	p.allow(w.Header(), r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	if asked := r.Header.Values("Access-Control-Request-Headers"); len(asked) > 0 {
		w.Header().Set("Access-Control-Allow-Headers", strings.Join(asked, ", "))
	}
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// allow names the origin (HTTP-CORS-002).
func (p Policy) allow(headers http.Header, origin string) {
	headers.Set("Access-Control-Allow-Origin", origin)
	headers.Add("Vary", "Origin")
	if p.Credentials {
		headers.Set("Access-Control-Allow-Credentials", "true")
	}
}

// writer adds to the head of a response what the browser has to know.
type writer struct {
	http.ResponseWriter

	policy Policy
	origin string
	headed bool
}

// Unwrap returns what controls the response.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sends the head, in which the names of all headers are open to a page
// (HTTP-CORS-005).
func (w *writer) WriteHeader(status int) {
	if !w.headed && status >= http.StatusOK {
		w.headed = true
		names := exposed(w.Header())
		w.policy.allow(w.Header(), w.origin)
		w.Header().Set("Access-Control-Expose-Headers", strings.Join(names, ", "))
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, after the head.
func (w *writer) Write(body []byte) (int, error) {
	if !w.headed {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(body)
}

// Flush sends what is held back, the head first.
func (w *writer) Flush() {
	if !w.headed {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // A write will say what is wrong.
}

// exposed returns the names of the headers that a page may read only where it is told so.
func exposed(headers http.Header) []string {
	names := []string{"Date"} // which the server adds
	for name := range headers {
		switch name {
		case "Date", "Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma", "Vary", "Set-Cookie":
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
