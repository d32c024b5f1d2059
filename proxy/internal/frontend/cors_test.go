package frontend_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/health/grpc_health_v1"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/frontend/cors"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	shop    = "https://shop.example"
	another = "https://another.example"
)

// noPages lets no page call.
var noPages = cors.Policy{} //nolint:gochecknoglobals // read only

// crossing returns the response's headers that are about origins, "name: value" each.
func crossing(headers http.Header) []string {
	var found []string
	for name, values := range headers {
		if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
			found = append(found, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(found)
	return found
}

// TestCORS covers HTTP-CORS-001 to HTTP-CORS-005: HTTP-CORS-001, HTTP-CORS-002,
// HTTP-CORS-003, HTTP-CORS-004 and HTTP-CORS-005.
func TestCORS(t *testing.T) {
	t.Parallel()
	one, all := cors.Policy{Origins: []string{shop}}, cors.Policy{Origins: []string{cors.Any}}
	trusted := cors.Policy{Origins: []string{another, shop}, Credentials: true}
	allowed := func(more ...string) []string {
		return append([]string{"Access-Control-Allow-Origin: " + shop, "Vary: Origin"}, more...)
	}
	call := func(t *testing.T, more ...string) *http.Request { t.Helper(); return post(t, `{"id":"a"}`, more...) }
	preflight := func(t *testing.T, path string, more ...string) *http.Request {
		t.Helper()
		return asking(t, "OPTIONS", path, "", append(more, "Access-Control-Request-Method: POST")...)
	}
	const exposed = "Access-Control-Expose-Headers: Date, X-Cart"
	for name, test := range map[string]struct {
		policy  cors.Policy
		request *http.Request
		status  int
		want    []string
	}{
		"nobody":              {noPages, call(t, "Origin: "+shop), 200, nil},
		"nobody, a preflight": {noPages, preflight(t, descriptortest.Add, "Origin: "+shop), 405, nil},
		"one":                 {one, call(t, "Origin: "+shop), 200, allowed(exposed)},
		"another":             {one, call(t, "Origin: "+another), 200, []string{"Vary: Origin"}},
		"none":                {one, call(t), 200, []string{"Vary: Origin"}},
		"every one":           {all, call(t, "Origin: "+shop), 200, allowed(exposed)},
		"an error":            {one, asking(t, "GET", "/nothing", "", "Origin: "+shop), 404, allowed("Access-Control-Expose-Headers: Date")},
		"with credentials":    {trusted, call(t, "Origin: "+shop), 200, allowed("Access-Control-Allow-Credentials: true", exposed)},
		"by gRPC-Web":         {one, call(t, "Origin: "+shop, "Content-Type: application/grpc-web+json"), 200, allowed("Access-Control-Expose-Headers: Date, Grpc-Accept-Encoding, Grpc-Message, Grpc-Status")},
		"a preflight": {
			one, preflight(t, descriptortest.Add, "Origin: "+shop, "Access-Control-Request-Headers: content-type,x-tenant"), 204,
			allowed("Access-Control-Allow-Methods: POST", "Access-Control-Allow-Headers: content-type,x-tenant", "Access-Control-Max-Age: 600"),
		},
		"a preflight of health": {
			one, preflight(t, grpc_health_v1.Health_Check_FullMethodName, "Origin: "+shop), 204,
			allowed("Access-Control-Allow-Methods: POST", "Access-Control-Max-Age: 600"),
		},
		"a preflight of another": {one, preflight(t, descriptortest.Add, "Origin: "+another), 405, []string{"Vary: Origin"}},
		"no preflight":           {one, asking(t, "OPTIONS", descriptortest.Add, "", "Origin: "+shop), 405, allowed("Access-Control-Expose-Headers: Allow, Date")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answering := router(func(_ context.Context, r request) (*entityv1.Reply, error) {
				reply := total(1)
				reply.Metadata = appended(nil, "x-cart", "one")
				return reply, nil
			})
			b := serveIn(t, wire.V1(), answering, descriptortest.Answer(descriptortest.Files()), test.policy)
			got := b.asks(t, false, test.request)
			slices.Sort(test.want)
			if diff := cmp.Diff(test.want, crossing(got.headers)); diff != "" || got.Status != test.status {
				t.Errorf("%d %s%s", got.Status, got.Body, diff)
			}
		})
	}
}

// TestCORSPolicy covers HTTP-CORS-004: what nobody can configure.
func TestCORSPolicy(t *testing.T) {
	t.Parallel()
	for origins, credentials := range map[string]bool{
		"*": true, "* " + shop: false, "shop.example": false, shop + "/": false, "https://Shop.example": false, "null": false, "": false,
	} {
		if err := (cors.Policy{Origins: strings.Split(origins, " "), Credentials: credentials}).Validate(); err == nil {
			t.Errorf("%q, credentials %v: taken", origins, credentials)
		}
	}
	for _, origins := range [][]string{nil, {"*"}, {shop, "http://localhost:8080"}} {
		if err := (cors.Policy{Origins: origins}).Validate(); err != nil {
			t.Errorf("%q: %v", origins, err)
		}
	}
}
