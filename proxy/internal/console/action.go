package console

import (
	"context"
	"net/http"
	"net/url"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// largestForm is how many bytes a form may have: a service and a key.
const largestForm = 128 << 10

// sayings are what a page says of the action that has led to it. An address names one of
// them, so that nobody can put words into a page.
var sayings = map[string]string{ //nolint:gosec // no credential, but a sentence
	"passivated": "The entity has left memory. Its next command brings it back.",
	"idle":       "The entities that rested leave memory. Their next commands bring them back.",
	"retried":    "The side effect is tried again.",
	"removed":    "The side effect is removed.",
}

// doer does what a form asks for, and returns the address of the page that follows.
type doer func(ctx context.Context, form url.Values) (string, error)

// action serves a form, and goes on to a page, so that a reload does nothing again.
func (c *Console) action(do doer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, largestForm)
		if err := r.ParseForm(); err != nil {
			c.wrong(w, r, http.StatusBadRequest, "The form cannot be read: "+err.Error())
			return
		}
		next, err := do(ctx, r.PostForm)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

func (c *Console) passivate(ctx context.Context, form url.Values) (string, error) {
	service, key := form.Get("service"), form.Get("key")
	if _, err := c.service.Passivate(ctx, &adminv1alpha1.PassivateRequest{Service: service, Key: key}); err != nil {
		return "", err
	}
	if _, err := c.service.GetEntity(ctx, &adminv1alpha1.GetEntityRequest{Service: service, Key: key}); err != nil {
		return "/entities?said=passivated", nil //nolint:nilerr // Nothing is left of it to be shown.
	}
	return entityLink(service, key) + "&said=passivated", nil
}

func (c *Console) passivateIdle(ctx context.Context, _ url.Values) (string, error) {
	_, err := c.service.PassivateIdle(ctx, new(adminv1alpha1.PassivateIdleRequest))
	return "/entities?said=idle", err
}

func (c *Console) retry(ctx context.Context, form url.Values) (string, error) {
	_, err := c.service.RetryEffect(ctx, &adminv1alpha1.RetryEffectRequest{Id: form.Get("id")})
	return "/effects?said=retried", err
}

func (c *Console) remove(ctx context.Context, form url.Values) (string, error) {
	_, err := c.service.RemoveEffect(ctx, &adminv1alpha1.RemoveEffectRequest{Id: form.Get("id")})
	return "/effects?said=removed", err
}
