// Package console is the admin service as web pages: rendered here, and readable without
// a script, a build or a network. A small script keeps the live parts of a page up to
// date.
package console

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/stateward/stateward/proxy/internal/admin"
)

// limit is how long the making of one page may take.
const limit = 15 * time.Second

//go:embed templates/*.html
var templates embed.FS

//go:embed assets/*
var assets embed.FS

// Console serves the pages. Its methods may be called from any goroutine.
type Console struct {
	service *admin.Service
	log     *slog.Logger
	pages   map[string]*template.Template
	mux     *http.ServeMux
}

var _ http.Handler = (*Console)(nil)

// New returns the pages over the service, which stays its owner's.
func New(service *admin.Service, log *slog.Logger) (*Console, error) {
	c := &Console{service: service, log: log, mux: http.NewServeMux()}
	var err error
	if c.pages, err = parse(); err != nil {
		return nil, err
	}
	c.mux.HandleFunc("GET /{$}", c.page("overview", c.overview))
	c.mux.HandleFunc("GET /entities", c.page("entities", c.entities))
	c.mux.HandleFunc("GET /entity", c.page("entity", c.entity))
	c.mux.HandleFunc("GET /function", c.page("function", c.function))
	c.mux.HandleFunc("GET /effects", c.page("effects", c.effects))
	c.mux.HandleFunc("GET /store", c.page("store", c.store))
	c.mux.HandleFunc("POST /entity/passivate", c.action(c.passivate))
	c.mux.HandleFunc("POST /entities/passivate", c.action(c.passivateIdle))
	c.mux.HandleFunc("POST /effects/retry", c.action(c.retry))
	c.mux.HandleFunc("POST /effects/remove", c.action(c.remove))
	c.mux.Handle("GET /live", admin.Lasting(http.HandlerFunc(c.live)))
	c.mux.Handle("GET /assets/", http.FileServerFS(assets))
	c.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.wrong(w, r, http.StatusNotFound, "There is no such page.")
	})
	return c, nil
}

// policy is what a page may do: no more than it needs, and nothing from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP serves a page, and says what a browser may do with it.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	c.mux.ServeHTTP(w, r)
}

// maker makes what a page shows.
type maker func(ctx context.Context, r *http.Request) (any, error)

// page serves the page with the name.
func (c *Console) page(name string, show maker) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		body, err := show(ctx, r)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		c.render(ctx, w, http.StatusOK, name, body)
	}
}
