package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/certificate/certificatetest"
)

// named is a certificate for a host.
func named(host string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}}
}

// write writes certificate, key and authorities into the directory.
func write(t *testing.T, dir string, authority *certificatetest.Authority, template x509.Certificate) Files {
	t.Helper()
	certificate, key := authority.Issue(t, template)
	return Files{
		Certificate: certificatetest.Write(t, dir, "tls.crt", certificate),
		Key:         certificatetest.Write(t, dir, "tls.key", key),
		Authorities: certificatetest.Write(t, dir, "ca.crt", authority.PEM()),
	}
}

func open(t *testing.T, files Files, log *slog.Logger) *Keeper {
	t.Helper()
	keeper, err := Open(Config{Files: files, Every: time.Second, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return keeper
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// shake makes one handshake, and returns whom the client and whom the server saw.
func shake(server, client *tls.Config) (seen, by string, err error) {
	near, far := net.Pipe()
	defer near.Close()
	var serving sync.WaitGroup
	served := tls.Server(far, server)
	var refused error
	serving.Go(func() {
		defer far.Close()
		if refused = served.HandshakeContext(context.Background()); refused != nil {
			return
		}
		if certificates := served.ConnectionState().PeerCertificates; len(certificates) > 0 {
			by = certificates[0].Subject.CommonName
		}
		_, refused = served.Write([]byte("x"))
	})
	asked := tls.Client(near, client)
	one := make([]byte, 1)
	if _, err = asked.Read(one); err == nil {
		seen = asked.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	near.Close()
	serving.Wait()
	return seen, by, errors.Join(err, refused)
}

func TestRefusesByName(t *testing.T) {
	t.Parallel()
	dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
	good := write(t, dir, authority, named("one"))
	_, other := authority.Issue(t, named("two"))
	strange := certificatetest.Write(t, dir, "other.key", other)
	broken := certificatetest.Write(t, dir, "broken", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	huge := certificatetest.Write(t, dir, "huge", make([]byte, largest+1))
	for name, test := range map[string]struct {
		files Files
		want  string
	}{
		"absent":             {Files{Certificate: filepath.Join(dir, "none"), Key: good.Key}, "none"},
		"key of another":     {Files{Certificate: good.Certificate, Key: strange}, "other.key"},
		"key alone":          {Files{Key: good.Key}, "has no certificate"},
		"certificate alone":  {Files{Certificate: good.Certificate}, "has no key"},
		"broken authority":   {Files{Authorities: broken}, "broken"},
		"key as authority":   {Files{Authorities: good.Key}, "PRIVATE KEY"},
		"empty authorities":  {Files{Authorities: certificatetest.Write(t, dir, "empty", nil)}, "empty"},
		"far too large":      {Files{Authorities: huge}, "huge"},
		"a directory":        {Files{Authorities: dir}, dir},
		"broken certificate": {Files{Certificate: broken, Key: good.Key}, "broken"},
	} {
		if _, err := Open(Config{Files: test.files, Every: time.Second, Log: quiet()}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// What is exchanged under traffic fails no handshake: each sees the old or the new one.
func TestReloadUnderTraffic(t *testing.T) {
	t.Parallel()
	dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
	keeper := open(t, write(t, dir, authority, named("host")), quiet())
	server := keeper.Server(AskNobody)
	client := &tls.Config{RootCAs: authority.Pool(), ServerName: "host"}
	done := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if seen, _, err := shake(server, client); err != nil || seen != "host" {
						t.Errorf("saw %q, %v", seen, err)
						return
					}
				}
			}
		})
	}
	for range 20 {
		before := keeper.held.Load()
		write(t, dir, authority, named("host"))
		if keeper.reload(); keeper.held.Load() == before {
			t.Error("the new files were not taken")
		}
	}
	close(done)
	callers.Wait()
}

// A directory of links to links, as Kubernetes mounts one, is exchanged at once.
func TestReloadOfLinks(t *testing.T) {
	t.Parallel()
	dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
	link := func(to string) {
		t.Helper()
		if err := errors.Join(os.Symlink(to, filepath.Join(dir, "..new")), os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), authority, named(name))
	}
	link("one")
	mounted := filepath.Join(dir, "..data")
	keeper := open(t, Files{Certificate: filepath.Join(mounted, "tls.crt"), Key: filepath.Join(mounted, "tls.key")}, quiet())
	server := keeper.Server(AskNobody)
	link("two")
	keeper.reload()
	if seen, _, err := shake(server, &tls.Config{RootCAs: authority.Pool(), ServerName: "two"}); seen != "two" || err != nil {
		t.Errorf("saw %q, %v", seen, err)
	}
}

// Broken files are told once and change nothing; whole ones are taken by themselves.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
		files := write(t, dir, authority, named("one"))
		var log bytes.Buffer
		keeper := open(t, files, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			keeper.Run(ctx)
		}()
		server := keeper.Server(AskNobody)
		see := func(want string) {
			t.Helper()
			time.Sleep(3500 * time.Millisecond) // of the bubble
			if seen, _, err := shake(server, &tls.Config{RootCAs: authority.Pool(), ServerName: want}); seen != want || err != nil {
				t.Errorf("saw %q, %v, want %s", seen, err, want)
			}
		}
		see("one")
		certificate, key := authority.Issue(t, named("two"))
		certificatetest.Write(t, dir, "tls.crt", certificate) // without its key
		see("one")
		certificatetest.Write(t, dir, "tls.key", key)
		see("two")
		if err := os.Remove(files.Key); err != nil {
			t.Fatal(err)
		}
		see("two")
		stop()
		<-ended
		if n := strings.Count(log.String(), "stay in force"); n != 2 {
			t.Errorf("told %d times, want once for each of the two mistakes:\n%s", n, &log)
		}
	})
}

func TestWarnsOfTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
		template := named("one")
		template.NotAfter = time.Now().Add(soon + time.Hour)
		var log bytes.Buffer
		keeper := open(t, write(t, dir, authority, template), slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithTimeout(t.Context(), 3*again)
		defer stop()
		keeper.warn(time.Now())
		if log.Len() > 0 {
			t.Errorf("told too early: %s", &log)
		}
		keeper.Run(ctx)
		if n := strings.Count(log.String(), "ends soon"); n != 3 {
			t.Errorf("told %d times in three days:\n%s", n, &log)
		}
	})
}

func TestAsking(t *testing.T) {
	t.Parallel()
	dir, authority, stranger := t.TempDir(), certificatetest.NewAuthority(t, "a"), certificatetest.NewAuthority(t, "b")
	keeper := open(t, write(t, dir, authority, named("host")), quiet())
	nobody := &tls.Config{RootCAs: authority.Pool(), ServerName: "host"}
	show := func(by *certificatetest.Authority) *tls.Config {
		pair := by.Pair(t, named("caller"))
		config := nobody.Clone()
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		return config
	}
	old := nobody.Clone()
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	for name, test := range map[string]struct {
		asking Asking
		client *tls.Config
		ok     bool
		by     string
	}{
		"nobody is asked":             {AskNobody, nobody, true, ""},
		"none shown, none needed":     {AskAndTakeNone, nobody, true, ""},
		"shown, none needed":          {AskAndTakeNone, show(authority), true, "caller"},
		"a stranger's, none needed":   {AskAndTakeNone, show(stranger), false, ""},
		"none shown":                  {Insist, nobody, false, ""},
		"shown":                       {Insist, show(authority), true, "caller"},
		"a stranger's":                {Insist, show(stranger), false, ""},
		"an old version of TLS":       {AskNobody, old, false, ""},
		"an asking that nobody knows": {77, nobody, false, ""},
	} {
		if _, by, err := shake(keeper.Server(test.asking), test.client); (err == nil) != test.ok || test.ok && by != test.by {
			t.Errorf("%s: by %q, %v", name, by, err)
		}
	}
	// Whose authority is taken out comes in no more, with a ticket of before either.
	server, client := keeper.Server(Insist), show(authority)
	client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	if _, _, err := shake(server, client); err != nil {
		t.Fatal(err)
	}
	certificatetest.Write(t, dir, "ca.crt", stranger.PEM())
	keeper.reload()
	if _, _, err := shake(server, client); err == nil {
		t.Error("a caller whose authority is gone came in")
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	dir, authority := t.TempDir(), certificatetest.NewAuthority(t, "a")
	keeper := open(t, write(t, dir, authority, named("proxy")), quiet())
	function := &tls.Config{
		Certificates: []tls.Certificate{authority.Pair(t, named("function"))},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: authority.Pool(), NextProtos: []string{"h2"},
	}
	if seen, by, err := shake(function, keeper.Client("function")); seen != "function" || by != "proxy" || err != nil {
		t.Errorf("saw %q, seen as %q, %v", seen, by, err)
	}
	if _, _, err := shake(function, keeper.Client("other")); err == nil {
		t.Error("a server of another name was taken")
	}
	function.Certificates = []tls.Certificate{certificatetest.NewAuthority(t, "b").Pair(t, named("function"))}
	if _, _, err := shake(function, keeper.Client("function")); err == nil {
		t.Error("a server that nobody vouches for was taken")
	}
}
