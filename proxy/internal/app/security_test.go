package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/certificate/certificatetest"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/identity/identitytest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// files writes a certificate for the name, with the units, and the authority's own.
func files(t *testing.T, authority *certificatetest.Authority, name string, units ...string) TLSFiles {
	t.Helper()
	dir := t.TempDir()
	certificate, key := authority.Issue(t, template(name, units...))
	return TLSFiles{
		Certificate: certificatetest.Write(t, dir, "tls.crt", certificate),
		Key:         certificatetest.Write(t, dir, "tls.key", key),
		Authorities: certificatetest.Write(t, dir, "ca.crt", authority.PEM()),
	}
}

func template(name string, units ...string) x509.Certificate {
	return x509.Certificate{
		Subject: pkix.Name{CommonName: name, OrganizationalUnit: units}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

// secured returns a caller of the counters over TLS, with the certificates.
func secured(t *testing.T, address string, authority *certificatetest.Authority, certificates ...tls.Certificate) *client {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		RootCAs: authority.Pool(), ServerName: "proxy", Certificates: certificates,
	})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn: conn, messages: descriptortest.NewMessages()}
}

// issuing writes the keys of an issuer into a file, and takes its tokens.
func issuing(t *testing.T, config *Config) *identitytest.Issuer {
	t.Helper()
	issuer := identitytest.NewIssuer(t, "one")
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, identitytest.Set(t, []*identitytest.Issuer{issuer}), 0o600); err != nil {
		t.Fatal(err)
	}
	config.Security.Keys, config.Security.Issuer = path, identitytest.Name
	config.Security.Audiences, config.Security.RolesClaim = []string{identitytest.Audience}, "roles"
	return issuer
}

// TestTLS covers ACC-WHO-003, ACC-CERT-001 and ACC-TELL-001: TLS and certificates on both
// sides of the proxy, and the function hears who calls.
func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := certificatetest.NewAuthority(t, "house"), certificatetest.NewAuthority(t, "street")
	function := files(t, authority, "function")
	pair, err := tls.LoadX509KeyPair(function.Certificate, function.Key)
	if err != nil {
		t.Fatal(err)
	}
	answer := counters(wire.EventSourced)
	s := &stage{
		answer: answer, asked: make(chan *discoveryv1.DiscoverRequest, 64), reports: make(chan *discoveryv1.ReportErrorRequest, 64),
		eventSourced: make(chan *part[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse], 64),
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(),
	})))
	discoveryv1.RegisterDiscoveryServiceServer(server, s)
	eventsourcedv1.RegisterEventSourcedServiceServer(server, eventSourcedStage{play: play(s.eventSourced, false)})
	listener, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})

	config := quick(listener.Addr().String())
	config.Security.Callers = files(t, authority, "proxy")
	config.Security.FunctionTLS, config.Security.Function, config.Security.FunctionName = true, files(t, authority, "proxy"), "function"
	config.Security.Naming = "common-name"
	config.Security.Access = map[string]string{descriptortest.Service + "/Get": "role:clerk|boss"}
	address := take(t, runProxy(t, config).ports[PortService])

	ann := secured(t, address, authority, authority.Pair(t, template("ann", "boss")))
	came := ann.asking(t.Context(), "7")
	p := take(t, s.eventSourced)
	if init, err := p.next(t); err != nil || init.GetInit() == nil {
		t.Fatal(init, err)
	}
	command, err := p.next(t)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range command.GetCommand().GetMetadata().GetEntries() {
		said = append(said, e.GetKey()+"="+e.GetStringValue())
	}
	if want := "stateward-principal=ann stateward-principal-issuer=CN=house stateward-principal-role=boss"; strings.Join(said, " ") != want {
		t.Errorf("the function is told %q, want %q", said, want)
	}
	p.says(t, answering(command.GetCommand(), total(0)))
	if err := take(t, came); err != nil {
		t.Error(err)
	}
	bob := secured(t, address, authority, authority.Pair(t, template("bob", "guest")))
	if _, err := bob.get("7"); status.Code(err) != codes.PermissionDenied {
		t.Errorf("bob: %v", err)
	}
	for name, c := range map[string]*client{
		"nobody":     secured(t, address, authority),
		"a stranger": secured(t, address, authority, stranger.Pair(t, template("ann", "boss"))),
		"plain":      dial(t, address),
	} {
		if _, err := c.get("7"); status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A function whose certificate nobody vouches for, that speaks no TLS, or no HTTP/2 above it,
// is not served, and the page says why.
func TestFunctionWithoutTrust(t *testing.T) {
	t.Parallel()
	authority, stranger := certificatetest.NewAuthority(t, "house"), certificatetest.NewAuthority(t, "street")
	for name, test := range map[string]struct {
		function *tls.Config // nil for a plain one
		want     string
	}{
		"plain":         {nil, "first record does not look like a TLS handshake"},
		"a stranger":    {&tls.Config{Certificates: []tls.Certificate{stranger.Pair(t, template("function"))}, NextProtos: []string{"h2"}}, "unknown authority"},
		"another name":  {&tls.Config{Certificates: []tls.Certificate{authority.Pair(t, x509.Certificate{DNSNames: []string{"other"}})}, NextProtos: []string{"h2"}}, "127.0.0.1"},
		"no HTTP/2":     {&tls.Config{Certificates: []tls.Certificate{authority.Pair(t, template("function"))}}, "ALPN"},
		"an old TLS":    {&tls.Config{Certificates: []tls.Certificate{authority.Pair(t, template("function"))}, NextProtos: []string{"h2"}, MaxVersion: tls.VersionTLS11}, "protocol version"},
		"asks for more": {&tls.Config{Certificates: []tls.Certificate{authority.Pair(t, template("function"))}, NextProtos: []string{"h2"}, ClientAuth: tls.RequireAnyClientCert}, "certificate required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", loopback)
			if err != nil {
				t.Fatal(err)
			}
			target := listener.Addr().String()
			if test.function != nil {
				listener = tls.NewListener(listener, test.function)
			}
			config := quick(functiontest.Serve(t, listener, target, functiontest.Script{}).Target)
			config.Security.FunctionTLS = true
			config.Security.Function.Authorities = files(t, authority, "x").Authorities
			r := runProxy(t, config)
			for begin := time.Now(); ; {
				code, why := r.ready(t)
				if code == http.StatusServiceUnavailable && strings.Contains(why, test.want) {
					return
				}
				if code == http.StatusOK || time.Since(begin) > patience {
					t.Fatalf("%d %s, want %s", code, why, test.want)
				}
			}
		})
	}
}

// TestTokenTold covers ACC-TELL-001, ACC-RESERVE-001, ACC-ADMIT-002 and ACC-ADMIT-003 through a whole proxy: a token
// brings its bearer's name to the function, beside what the caller may say itself.
func TestTokenTold(t *testing.T) {
	t.Parallel()
	s := raise(t, counters(wire.EventSourced))
	config := quick(s.target)
	issuer := issuing(t, &config)
	config.Security.Access = map[string]string{descriptortest.Service + "/Get": "role:clerk", "grpc.reflection.v1.ServerReflection/*": "public"}
	c := runProxy(t, config).dial(t)
	if _, err := c.get("7"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("nobody: %v", err)
	}
	as := func(roles ...string) context.Context {
		token := issuer.Token(t, map[string]any{"roles": roles})
		return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token,
			"stateward-principal", "boss", "stateward-principal-role", "boss", "colour", "red")
	}
	if err := take(t, c.asking(as("guest"), "7")); status.Code(err) != codes.PermissionDenied {
		t.Errorf("without the role: %v", err)
	}
	came := c.asking(as("clerk"), "7")
	p := take(t, s.eventSourced)
	if _, err := p.next(t); err != nil {
		t.Fatal(err)
	}
	command, err := p.next(t)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, e := range command.GetCommand().GetMetadata().GetEntries() {
		said[e.GetKey()] = append(said[e.GetKey()], e.GetStringValue())
	}
	for key, want := range map[string]string{
		"stateward-principal": "ann", "stateward-principal-issuer": identitytest.Name, "stateward-principal-role": "clerk", "colour": "red",
	} {
		if strings.Join(said[key], " ") != want {
			t.Errorf("%s is %q, want %q", key, said[key], want)
		}
	}
	if len(said["authorization"]) != 1 {
		t.Errorf("authorization is %q: it reaches the function like any other header", said["authorization"])
	}
	p.says(t, answering(command.GetCommand(), total(0)))
	if err := take(t, came); err != nil {
		t.Error(err)
	}
}

// TestLoopback shows that nothing but loopback listens by default.
func TestLoopback(t *testing.T) {
	t.Parallel()
	c := Defaults()
	for name, address := range map[string]string{"listen": c.Listen, "admin": c.Admin} {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			t.Errorf("--%s is %s by default", name, address)
		}
	}
	if c.Security.AdminOpen {
		t.Error("the admin port is open by default")
	}
}

// TestAdminDoor shows who gets in from elsewhere: probes, and whoever shows a certificate.
func TestAdminDoor(t *testing.T) {
	t.Parallel()
	inside := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })
	vouched := &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{new(x509.Certificate)}}}
	for name, test := range map[string]struct {
		security Security
		from     string
		tls      *tls.ConnectionState
		want     int
	}{
		"near":                             {Security{}, "127.0.0.1:5", nil, 200},
		"from elsewhere":                   {Security{}, "10.0.0.1:5", nil, 403},
		"from elsewhere, opened":           {Security{AdminOpen: true}, "10.0.0.1:5", nil, 200},
		"near, without a certificate":      {Security{Admin: TLSFiles{Authorities: "x"}}, "127.0.0.1:5", new(tls.ConnectionState), 403},
		"near, plain":                      {Security{Admin: TLSFiles{Authorities: "x"}}, "127.0.0.1:5", nil, 403},
		"from elsewhere, with certificate": {Security{Admin: TLSFiles{Authorities: "x"}}, "10.0.0.1:5", vouched, 200},
	} {
		c := Config{Security: test.security}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/entities", http.NoBody)
		r.RemoteAddr, r.TLS = test.from, test.tls
		w := httptest.NewRecorder()
		c.adminDoor(inside).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestAdminTLS shows the admin port with TLS: probes need no certificate, the rest does.
func TestAdminTLS(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "house")
	config := quick(functiontest.Start(t, loopback, functiontest.Script{}).Target)
	config.Security.Admin = files(t, authority, "proxy")
	r := runProxy(t, config)
	for name, test := range map[string]struct {
		shown []tls.Certificate
		path  string
		want  int
	}{
		"a probe":    {nil, "/healthz", 200},
		"nobody":     {nil, "/", 403},
		"a stranger": {[]tls.Certificate{certificatetest.NewAuthority(t, "b").Pair(t, template("op"))}, "/healthz", 0},
		"operator":   {[]tls.Certificate{authority.Pair(t, template("op"))}, "/", 200},
	} {
		shown := &tls.Config{RootCAs: authority.Pool(), ServerName: "proxy"}
		if len(test.shown) > 0 {
			shown.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &test.shown[0], nil }
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: shown}, Timeout: patience}
		response, err := client.Get("https://" + r.admin + test.path)
		code := 0
		if err == nil {
			code = response.StatusCode
			response.Body.Close()
		}
		if code != test.want {
			t.Errorf("%s: %d, %v", name, code, err)
		}
	}
}

// TestSecurityRefuses shows that settings which do not go together, and files that cannot be
// used, keep a proxy from starting, each by its name.
func TestSecurityRefuses(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "house")
	good := files(t, authority, "proxy")
	other := files(t, authority, "other")
	for want, change := range map[string]func(*Security){
		"tls-key":               func(s *Security) { s.Callers.Certificate = good.Certificate },
		"tls-cert":              func(s *Security) { s.Callers.Key = good.Key },
		other.Key:               func(s *Security) { s.Callers = TLSFiles{Certificate: good.Certificate, Key: other.Key} },
		"nowhere.pem":           func(s *Security) { s.Admin = TLSFiles{Certificate: "nowhere.pem", Key: good.Key} },
		"tls-client-ca":         func(s *Security) { s.Callers.Authorities = good.Authorities },
		"function-tls":          func(s *Security) { s.Function.Authorities = good.Authorities },
		"identity-certificate":  func(s *Security) { s.Naming = "uri" },
		"identity-issuer":       func(s *Security) { s.Keys, s.Audiences = "keys.json", []string{"a"} },
		"identity-audience":     func(s *Security) { s.Keys, s.Issuer = "keys.json", "a" },
		"identity-keys":         func(s *Security) { s.Issuer = "a" },
		"keys.json":             func(s *Security) { s.Keys, s.Issuer, s.Audiences = "keys.json", "a", []string{"b"} },
		"not encrypted":         func(s *Security) { s.Keys, s.Issuer, s.Audiences = "http://a.test", "a", []string{"b"} },
		"how callers are known": func(s *Security) { s.Access = map[string]string{"*": "authenticated"} },
		"none of public":        func(s *Security) { s.Access = map[string]string{"a.B/C": "private"} },
	} {
		config := quick("127.0.0.1:1")
		change(&config.Security)
		if err := Serve(t.Context(), config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if shown := maskAddress("https://user:secret@issuer.test/keys"); strings.Contains(shown, "secret") || !strings.Contains(shown, "issuer.test/keys") {
		t.Error(shown)
	}
}

// TestUnmatchedRule covers ACC-RULE-004 through a whole proxy.
func TestUnmatchedRule(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var log bytes.Buffer
	config := quick(functiontest.Start(t, loopback, functiontest.Script{}).Target)
	config.Security.Access = map[string]string{"shop.Nowhere/Get": "public"}
	config.Log = slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))
	r := runProxy(t, config)
	r.dial(t).mustAdd(t, "7", 1, 1)
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "shop.Nowhere/Get") {
		t.Errorf("the rule is not named:\n%s", &log)
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// TestForwardIsNotAsked covers ACC-FOLLOW-002: what a caller may not call by itself, the
// function may let it reach.
func TestForwardIsNotAsked(t *testing.T) {
	t.Parallel()
	s := raise(t, counters(wire.EventSourced))
	config := quick(s.target)
	issuing(t, &config)
	config.Security.Access = map[string]string{descriptortest.Service + "/Add": "role:nobody", descriptortest.Service + "/Get": "public"}
	c := runProxy(t, config).dial(t)
	if _, err := c.add("7", 1); status.Code(err) != codes.Unauthenticated {
		t.Errorf("by itself: %v", err)
	}
	came := c.asking(t.Context(), "7")
	next := func() (*part[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse], *entityv1.Command) {
		p := take(t, s.eventSourced)
		if _, err := p.next(t); err != nil {
			t.Fatal(err)
		}
		request, err := p.next(t)
		if err != nil {
			t.Fatal(err)
		}
		return p, request.GetCommand()
	}
	source, get := next()
	source.says(t, answering(get, &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: &entityv1.Forward{
		ServiceName: descriptortest.Service, CommandName: "Add", Payload: pack(c.messages.AddRequest("8", 1)),
	}}}))
	target, add := next()
	if add.GetName() != "Add" {
		t.Errorf("the target got %v", add)
	}
	target.says(t, answering(add, &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{
		Payload: pack(descriptortest.NewMessages().Total("AddResponse", 1)),
	}}}))
	if err := take(t, came); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "AddResponse") {
		t.Errorf("%v, want that the answer is of another type: it has come", err) // FX-FWD-010
	}
}

// answering is the reply to the command.
func answering(command *entityv1.Command, action *entityv1.ClientAction) *eventsourcedv1.HandleResponse {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{
		Reply: &eventsourcedv1.EventSourcedReply{CommandId: command.GetId(), ClientAction: action},
	}}
}

// The commands that ask a running proxy speak TLS to an admin port that has it, and show the
// certificate that they are given.
func TestCommandsOverTLS(t *testing.T) {
	t.Parallel()
	authority := certificatetest.NewAuthority(t, "house")
	config := quick(functiontest.Start(t, loopback, functiontest.Script{}).Target)
	config.Security.Admin = files(t, authority, "proxy")
	r := runProxy(t, config)
	r.dial(t).mustAdd(t, "7", 1, 1)
	operator := files(t, authority, "operator")
	other := files(t, authority, "proxy")
	command := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), nil, append(args, "--admin", r.admin), nil, &out, io.Discard)
		return out.String(), err
	}
	for name, test := range map[string]struct {
		args []string
		want string // part of what is said
		ok   bool
	}{
		"health, by the certificate's file": {[]string{"healthcheck", "--alive", "--admin-tls-cert", config.Security.Admin.Certificate, "--admin-tls-key", config.Security.Admin.Key}, "alive", true},
		"health, plain":                     {[]string{"healthcheck", "--alive"}, "", false},
		"health, by another file":           {[]string{"healthcheck", "--alive", "--admin-tls-cert", other.Certificate, "--admin-tls-key", other.Key}, "another certificate", false},
		"entities, with a certificate":      {[]string{"entities", "list", "--ca", operator.Authorities, "--cert", operator.Certificate, "--key", operator.Key}, "7", true},
		"entities, with the file":           {[]string{"entities", "list", "--admin-tls-cert", config.Security.Admin.Certificate, "--admin-tls-key", config.Security.Admin.Key, "--cert", operator.Certificate, "--key", operator.Key}, "7", true},
		"entities, without a certificate":   {[]string{"entities", "list", "--ca", operator.Authorities}, "", false},
		"entities, with half of one":        {[]string{"entities", "list", "--ca", operator.Authorities, "--key", operator.Key}, "certificate", false},
	} {
		out, err := command(test.args...)
		if err != nil {
			out += err.Error()
		}
		if (err == nil) != test.ok || !strings.Contains(out, test.want) {
			t.Errorf("%s: %s", name, out)
		}
	}
}
