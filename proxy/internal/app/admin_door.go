package app

import (
	"crypto/tls"
	"net"
	"net/http"

	"github.com/stateward/stateward/proxy/internal/admin"
	"github.com/stateward/stateward/proxy/internal/certificate"
	"github.com/stateward/stateward/proxy/internal/setting"
)

// adminDoor lets those in who may do what operators do: read what entities hold, and end
// them. That is whoever shows a certificate of the right authority; where nobody is asked
// for one, whoever is on this machine; or everybody, where an operator has said so.
func (c *Config) adminDoor(inside http.Handler) http.Handler {
	asked := c.Security.Admin.Authorities != ""
	door := admin.Door(inside, asked || c.Security.AdminOpen)
	if !asked || c.Security.AdminOpen {
		return door
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			http.Error(w, "this is for operators: show a certificate of an authority in --admin-tls-client-ca", http.StatusForbidden)
			return
		}
		door.ServeHTTP(w, r)
	})
}

// forAdmin speaks TLS on the listener of the admin port, where that is configured. Probes
// have no certificate, so nobody needs one before the door.
func (s *security) forAdmin(c *Config, listener net.Listener) net.Listener {
	if s.admin == nil {
		return listener
	}
	asking := certificate.AskNobody
	if c.Security.Admin.Authorities != "" {
		asking = certificate.AskAndTakeNone
	}
	return tls.NewListener(listener, s.admin.Server(asking, "http/1.1"))
}

// toAdmin returns what a command needs to speak to the admin port of a proxy with these
// settings, and with these files of its own; nil where no TLS is spoken.
func (c *Config) toAdmin(own TLSFiles) (*tls.Config, error) {
	served := c.Security.Admin.Certificate
	if own == (TLSFiles{}) && served == "" {
		return nil, nil //nolint:nilnil // without TLS there is no config of it
	}
	keeper, err := certificate.Open(certificate.Config{Files: certificate.Files(own), Every: filesEvery, Log: c.Log})
	if err != nil {
		return nil, err
	}
	config := keeper.Client("")
	config.NextProtos = nil
	if own.Authorities != "" || served == "" {
		return config, nil
	}
	pinned, err := certificate.Pinned(served)
	if err != nil {
		return nil, setting.Wrongf("admin-tls-cert", "%w", err)
	}
	pinned.Certificates = config.Certificates
	return pinned, nil
}
