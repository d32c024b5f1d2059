// Package certificate keeps one side's certificate, key and trusted authorities, which
// it reads from files, and reads again when they change.
package certificate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	// largest is how many bytes a file may have: a bundle of all public authorities has a
	// quarter of it.
	largest = 1 << 20
	// soon is how long before its end a certificate is warned of, and again is how often.
	soon  = 14 * 24 * time.Hour
	again = 24 * time.Hour
)

// Files are those of one side of TLS, in PEM.
type Files struct {
	// Certificate holds the certificate and what leads from it to an authority, and Key
	// its private key. Both are empty where this side shows none.
	Certificate, Key string
	// Authorities holds the certificates of those who may vouch for the other side. Empty
	// where nobody is asked for one; to a client it then means those of the system.
	Authorities string
}

// Config is what a keeper stands on. All of it is needed.
type Config struct {
	Files Files
	// Every is how often the files are read.
	Every time.Duration
	Log   *slog.Logger
}

// Keeper keeps what the files held when they were last whole. Its methods may be called
// from any goroutine.
type Keeper struct {
	config Config
	held   atomic.Pointer[held] // never nil
	// tried is the digest of the files' bytes that were read last, taken or not; only Run
	// uses it, and told, which is when the end of the certificate was last warned of.
	tried [sha256.Size]byte
	told  time.Time
}

// held is what the files held.
type held struct {
	certificates []tls.Certificate // one or none
	authorities  *x509.CertPool    // nil where there is no file of them
}

// Open reads the files. An error names each that cannot be read or is not what it should
// be.
func Open(config Config) (*Keeper, error) {
	if config.Log == nil || config.Every <= 0 {
		return nil, errors.New("certificate: Log and Every are needed")
	}
	if f := config.Files; (f.Certificate == "") != (f.Key == "") {
		return nil, fmt.Errorf("a certificate and its key go together: %q has no %s", f.Certificate+f.Key, map[bool]string{true: "key", false: "certificate"}[f.Key == ""])
	}
	k := &Keeper{config: config}
	read, err := config.Files.read()
	if err != nil {
		return nil, err
	}
	now, err := read.parse(config.Files)
	if err != nil {
		return nil, err
	}
	k.held.Store(now)
	k.tried = read.digest()
	k.warn(time.Now())
	return k, nil
}

// Run reads the files again, as often as the config says, until ctx ends. What is wrong
// with them is logged once, and what was there before stays in force. Call it once.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(k.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			k.reload()
			k.warn(now)
		}
	}
}

// reload takes what the files hold now. A certificate and its key that are exchanged one
// after the other do not fit meanwhile, and are taken the next time.
func (k *Keeper) reload() {
	read, err := k.config.Files.read()
	sum := read.digest()
	if err != nil {
		sum = sha256.Sum256([]byte(err.Error()))
	}
	if sum == k.tried {
		return
	}
	k.tried = sum
	var now *held
	if err == nil {
		now, err = read.parse(k.config.Files)
	}
	if err != nil {
		k.config.Log.Warn("new TLS files cannot be used, and those of before stay in force", "error", err)
		return
	}
	k.held.Store(now)
	k.told = time.Time{}
	k.config.Log.Info("TLS files read again", "certificate", k.config.Files.Certificate, "authorities", k.config.Files.Authorities)
}

// warn says, once a day, that the certificate ends soon, or has.
func (k *Keeper) warn(now time.Time) {
	certificates := k.held.Load().certificates
	if len(certificates) == 0 || now.Sub(k.told) < again {
		return
	}
	end := certificates[0].Leaf.NotAfter
	if left := end.Sub(now); left < soon {
		k.told = now
		k.config.Log.Warn("the TLS certificate ends soon, or has ended: replace the file, which is read again by itself",
			"certificate", k.config.Files.Certificate, "end", end.UTC().Format(time.RFC3339), "left", left.Round(time.Minute).String())
	}
}

// contents are the bytes of the files; nil of one that there is not.
type contents struct{ certificate, key, authorities []byte }

// read reads the files.
func (f Files) read() (contents, error) {
	var c contents
	var errs [3]error
	c.certificate, errs[0] = readFile("certificate", f.Certificate)
	c.key, errs[1] = readFile("key", f.Key)
	c.authorities, errs[2] = readFile("file of authorities", f.Authorities)
	return c, errors.Join(errs[:]...)
}

// readFile reads one file; nothing where none is named.
func readFile(what, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be read: %w", what, err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the %s %s cannot be read: %w", what, path, err)
	case len(data) > largest:
		return nil, fmt.Errorf("the %s %s has more than %d bytes", what, path, largest)
	default:
		return data, nil
	}
}

// digest is equal for equal contents.
func (c contents) digest() [sha256.Size]byte {
	parts := [][]byte{c.certificate, c.key, c.authorities}
	sums := make([]byte, 0, len(parts)*sha256.Size)
	for _, part := range parts {
		sum := sha256.Sum256(part)
		sums = append(sums, sum[:]...)
	}
	return sha256.Sum256(sums)
}

// parse makes of the contents what TLS takes.
func (c contents) parse(files Files) (*held, error) {
	h := new(held)
	if files.Certificate != "" {
		pair, err := tls.X509KeyPair(c.certificate, c.key)
		if err != nil {
			return nil, fmt.Errorf("the certificate %s and the key %s cannot be used: %w", files.Certificate, files.Key, err)
		}
		h.certificates = []tls.Certificate{pair}
	}
	if files.Authorities != "" {
		var err error
		if h.authorities, err = pool(c.authorities); err != nil {
			return nil, fmt.Errorf("the file of authorities %s cannot be used: %w", files.Authorities, err)
		}
	}
	return h, nil
}

// pool returns the certificates in the PEM. One that cannot be read is an error, and not
// left out: an operator who lists somebody means it.
func pool(data []byte) (*x509.CertPool, error) {
	pool, found := x509.NewCertPool(), false
	for len(bytes.TrimSpace(data)) > 0 {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds a %s", block.Type)
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		pool.AddCert(parsed)
		found = true
	}
	if !found {
		return nil, errors.New("it holds no certificate in PEM")
	}
	return pool, nil
}
