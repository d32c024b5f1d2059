package certificate

import "crypto/tls"

// Asking says whether a server asks its clients for a certificate.
type Asking uint8

const (
	// AskNobody asks for none.
	AskNobody Asking = iota
	// AskAndTakeNone verifies the certificate of a client that shows one.
	AskAndTakeNone
	// Insist takes no client without a certificate.
	Insist
)

// Server returns what a listener needs. Each handshake is made with the files of its
// moment. One config serves one listener.
func (k *Keeper) Server(asking Asking) *tls.Config {
	first := k.held.Load().serve(asking)
	outer := first.Clone()
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := k.held.Load()
		if made := now.server.Load(); made != nil && made.ClientAuth == asking.auth() {
			return made, nil
		}
		made := now.serve(asking)
		now.server.Store(made) // Two at once make the same.
		return made, nil
	}
	return outer
}

// serve returns the config of a server with what is held.
func (h *held) serve(asking Asking) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: h.certificates,
		ClientCAs:    h.authorities,
		ClientAuth:   asking.auth(),
		NextProtos:   protocols(),
		// A ticket would let a client in whose authority has been taken out since.
		SessionTicketsDisabled: asking != AskNobody,
	}
}

func (a Asking) auth() tls.ClientAuthType {
	switch a {
	case AskAndTakeNone:
		return tls.VerifyClientCertIfGiven
	case Insist:
		return tls.RequireAndVerifyClientCert
	case AskNobody:
		return tls.NoClientCert
	default:
		return tls.RequireAndVerifyClientCert
	}
}

// Client returns what a connection to the server of that name needs, with the files of
// now: ask for each connection anew. It speaks HTTP/2 alone.
func (k *Keeper) Client(name string) *tls.Config {
	now := k.held.Load()
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: now.certificates,
		RootCAs:      now.authorities,
		ServerName:   name,
		NextProtos:   []string{"h2"},
	}
}
