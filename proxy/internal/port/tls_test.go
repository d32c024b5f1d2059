package port_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/stateward/stateward/proxy/internal/port"
)

// certificates are of one authority: a server's and a client's.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	issue := func(template *x509.Certificate) tls.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	root, err := x509.ParseCertificate(issue(authority).Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	leaf := func(name string, usage x509.ExtKeyUsage) tls.Certificate {
		return issue(&x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		})
	}
	server = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{leaf("server", x509.ExtKeyUsageServerAuth)},
		ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven,
	}
	client = &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: "127.0.0.1",
		Certificates: []tls.Certificate{leaf("somebody", x509.ExtKeyUsageClientAuth)},
	}
	return server, client
}

// TestIdentity has one client's certificate seen by both servers, however it comes.
func TestIdentity(t *testing.T) {
	t.Parallel()
	server, config := certificates(t)
	for name, configure := range map[string]func(*port.Config){
		"fixed": func(c *port.Config) { c.TLS = server },
		"asked": func(c *port.Config) {
			c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return server, nil }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan string, 10)
			s := open(t, configure, grpc.StreamInterceptor(func(_ any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, _ grpc.StreamHandler) error {
				p, _ := peer.FromContext(stream.Context())
				info, _ := p.AuthInfo.(credentials.TLSInfo)
				if len(info.State.VerifiedChains) > 0 {
					seen <- info.State.VerifiedChains[0][0].Subject.CommonName
				} else {
					seen <- "nobody"
				}
				return echoGRPC(nil, stream)
			}))
			if _, err := call(within(t, 10*time.Second), s.dial(t, config), []byte("x")); err != nil {
				t.Error(err)
			}
			if who := <-seen; who != "somebody" {
				t.Errorf("gRPC sees %q", who)
			}
			for want, h2 := range map[string]bool{"somebody HTTP/1.1 true": false, "somebody HTTP/2.0 true": true} {
				if got := who(t, client(t, h2, config).Get, "https://"+s.addr); got != want {
					t.Errorf("HTTP sees %q, want %q", got, want)
				}
			}
			m := s.mix(t, http.HTTP2Config{}, config)
			if err := m.grpc(content(100_000)); err != nil {
				t.Error(err)
			}
			if <-seen; m.http(content(100_000)) != nil {
				t.Error("a guest by TLS is not served")
			}
			got, _, err := m.do("text/plain", "/who", strings.NewReader(""))
			if string(got) != "somebody HTTP/2.0 true" {
				t.Errorf("HTTP sees the guest as %q, %v", got, err)
			}
		})
	}
}

// TestAnonymous has nobody's certificate.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	server, config := certificates(t)
	config.Certificates = nil
	s := open(t, func(c *port.Config) { c.TLS = server })
	if got := who(t, client(t, true, config).Get, "https://"+s.addr); got != "nobody HTTP/2.0 true" {
		t.Errorf("HTTP sees %q", got)
	}
	plain := open(t, nil)
	if got := who(t, client(t, false, nil).Get, "http://"+plain.addr); got != "nobody HTTP/1.1 false" {
		t.Errorf("HTTP sees %q", got)
	}
}

// who asks HTTP's echo who is there.
func who(t *testing.T, get func(string) (*http.Response, error), url string) string {
	t.Helper()
	response, err := get(url + "/who")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
