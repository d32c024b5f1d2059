package console

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/admin"
)

// names are those of the pages, in the order of the navigation; the last two are not in it.
func names() []string {
	return []string{"overview", "entities", "function", "effects", "store", "entity", "wrong"}
}

// parse reads the templates: each page with the frame around it.
func parse() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	for _, name := range names() {
		page, err := template.New("frame.html").Funcs(funcs()).ParseFS(templates, "templates/frame.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		pages[name] = page
	}
	return pages, nil
}

// frame is what every page has.
type frame struct {
	// Page is its name, and Here that of the page in the navigation.
	Page, Here string
	// Overview is how the proxy does.
	Overview *adminv1alpha1.Overview
	Body     any
}

// render writes a page. It is made before any of it is written, so that a page is whole.
func (c *Console) render(ctx context.Context, w http.ResponseWriter, code int, name string, body any) {
	response, err := c.service.GetOverview(ctx, new(adminv1alpha1.GetOverviewRequest))
	if err != nil {
		response = &adminv1alpha1.GetOverviewResponse{Overview: new(adminv1alpha1.Overview)}
	}
	var page bytes.Buffer
	if err := c.pages[name].Execute(&page, frame{Page: name, Here: here(name), Overview: response.GetOverview(), Body: body}); err != nil {
		c.log.ErrorContext(ctx, "a page of the console could not be made", "page", name, "error", err)
		http.Error(w, "this page could not be made; the proxy's log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(page.Bytes()) // What a reader who has gone does not get is nobody's loss.
}

// here is where a page belongs in the navigation.
func here(name string) string {
	if name == "entity" {
		return "entities"
	}
	return name
}

// mishap is what the page for errors shows.
type mishap struct{ Title, Text string }

// wrong serves the page for errors.
func (c *Console) wrong(w http.ResponseWriter, r *http.Request, code int, text string) {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	c.render(ctx, w, code, "wrong", mishap{Title: http.StatusText(code), Text: text})
}

// failed tells why the service gave no answer.
func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	err = admin.Coded(err)
	code := http.StatusInternalServerError
	switch connect.CodeOf(err) {
	case connect.CodeNotFound:
		code = http.StatusNotFound
	case connect.CodeInvalidArgument:
		code = http.StatusBadRequest
	case connect.CodeFailedPrecondition, connect.CodeAborted:
		code = http.StatusConflict
	case connect.CodeResourceExhausted:
		code = http.StatusTooManyRequests
	case connect.CodeUnavailable:
		code = http.StatusServiceUnavailable
	case connect.CodeDeadlineExceeded:
		code = http.StatusGatewayTimeout
	default:
	}
	text := err.Error()
	if _, said, found := strings.Cut(text, ": "); found {
		text = said // without the code's name
	}
	c.wrong(w, r, code, text)
}
