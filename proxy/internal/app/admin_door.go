package app

import (
	"net/http"
	"slices"
)

// forAll are the pages of the admin port that say how the proxy is and nothing of what it
// keeps: probes and Prometheus ask from elsewhere.
var forAll = []string{"/healthz", "/readyz", "/metrics"} //nolint:gochecknoglobals // read only

// adminDoor lets through who may do what operators do: read what entities hold, and end
// them. That is whoever shows a certificate of the right authority; where nobody is asked
// for one, whoever is on this machine; or everybody, where an operator has said so.
func (c *Config) adminDoor(pages http.Handler) http.Handler {
	own := &c.Security
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		vouched := r.TLS != nil && len(r.TLS.VerifiedChains) > 0
		near := own.Admin.Authorities == "" && isLoopback(r.RemoteAddr)
		if own.AdminOpen || vouched || near || slices.Contains(forAll, r.URL.Path) {
			pages.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "this page is for operators: ask from the machine of the proxy, or show a certificate (--admin-tls-client-ca); "+
			"--admin-open lets everybody in who reaches the port", http.StatusForbidden)
	})
}
