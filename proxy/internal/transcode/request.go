package transcode

import (
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/stateward/stateward/proxy/internal/descriptor"
)

// request is one request on its way to a message.
type request struct {
	binding *descriptor.Binding
	draft   *draft
}

// Request returns the payload of the command (HTTP-REQ-001): what the variables of the
// path, the query as it came, and the body set of the method's input. An error is a
// [*Refusal].
func Request(b *descriptor.Binding, captures []string, query, contentType string, body []byte) ([]byte, error) {
	r := request{binding: b, draft: &draft{of: b.Input}}
	if err := r.body(contentType, body); err != nil {
		return nil, err
	}
	for i, path := range b.Variables {
		if err := r.variable(path, captures[i]); err != nil {
			return nil, err
		}
	}
	if err := r.query(query); err != nil {
		return nil, err
	}
	return r.draft.marshal(nil), nil
}

// body sets what the request's body is.
func (r *request) body(contentType string, body []byte) error {
	b := r.binding.Body
	switch {
	case len(body) == 0:
		return nil // HTTP-REQ-002
	case !b.Whole && b.Field == nil:
		return Refuse(http.StatusBadRequest, "a body is given, and %s %s takes none", r.binding.Verb, r.binding.Path)
	case !utf8.ValidString(contentType):
		return Refuse(http.StatusBadRequest, "the header content-type is not UTF-8")
	case b.Whole && isRaw(r.binding.Input):
		setRaw(r.draft, contentType, body)
		return nil
	case b.Field != nil && isRawField(b.Field):
		setRaw(r.draft.open(b.Field), contentType, body)
		return nil
	case !isJSON(contentType):
		return Refuse(http.StatusUnsupportedMediaType, "the body has the content type %q: give it as %s", contentType, JSON)
	}
	p := newParser(body, r.binding.Files)
	return p.whole(func() error {
		if b.Whole {
			return p.message(r.draft)
		}
		return within("."+string(b.Field.Name()), p.field(r.draft, b.Field))
	})
}

// isJSON reports whether a body of the content type is taken as JSON (HTTP-TYPE-001).
func isJSON(contentType string) bool {
	if contentType == "" || contentType == JSON {
		return true
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || media != JSON {
		return false
	}
	charset, given := parameters["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
