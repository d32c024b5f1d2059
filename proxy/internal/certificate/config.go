package certificate

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"sync/atomic"
)

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

// Server returns what a listener needs that speaks the protocols, such as h2 and http/1.1.
// Each handshake is made with the files of its moment.
func (k *Keeper) Server(asking Asking, protocols ...string) *tls.Config {
	var made atomic.Pointer[serving]
	outer := k.held.Load().serve(asking, protocols)
	outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now, last := k.held.Load(), made.Load()
		if last == nil || last.held != now {
			last = &serving{held: now, config: now.serve(asking, protocols)}
			made.Store(last) // Two at once make the same.
		}
		return last.config, nil
	}
	return outer
}

// serving is the config of a server, and what it was made of.
type serving struct {
	held   *held
	config *tls.Config
}

// serve returns the config of a server with what is held.
func (h *held) serve(asking Asking, protocols []string) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: h.certificates,
		ClientCAs:    h.authorities,
		ClientAuth:   asking.auth(),
		NextProtos:   protocols,
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

// Pinned returns what a client needs that has the server's own certificate file at hand: it
// takes the server that shows just that one, whatever name it goes by.
func Pinned(path string) (*tls.Config, error) {
	data, err := readFile("certificate", path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("the certificate %s holds none in PEM", path)
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection takes one certificate alone
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, block.Bytes) {
				return fmt.Errorf("the server shows another certificate than that in %s", path)
			}
			return nil
		},
	}, nil
}
