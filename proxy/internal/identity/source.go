package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// largestSet is how many bytes a set of keys may have.
	largestSet = 1 << 20
	// fetchTime is how long the other end may take to give one.
	fetchTime = 10 * time.Second
)

// Source is where a set of keys is: a file, or an address of the web.
type Source struct {
	path   string   // of the file; empty for an address
	url    *url.URL // nil for a file
	client *http.Client
}

// ParseSource reads a path or an https URL. Http is taken to a loopback address alone:
// whoever can change the keys on their way can be anybody. The transport carries the
// requests.
func ParseSource(text string, transport http.RoundTripper) (Source, error) {
	if !strings.Contains(text, "://") {
		if text == "" {
			return Source{}, errors.New("it names neither a file nor an address")
		}
		return Source{path: text}, nil
	}
	address, err := url.Parse(text)
	if err != nil {
		return Source{}, errors.New("it is no URL") // whose text may hold a password
	}
	switch {
	case address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		return Source{}, fmt.Errorf("%s is neither a file nor an https URL", address.Redacted())
	case address.Scheme == "http" && !isLoopback(address.Hostname()):
		return Source{}, fmt.Errorf("%s is not encrypted, and whoever can change the keys on their way can be anybody: give an https URL", address.Redacted())
	}
	return Source{url: address, client: &http.Client{
		Transport: transport,
		Timeout:   fetchTime,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it answers with another address: give that one")
		},
	}}, nil
}

// isLoopback reports whether the host is this one.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// IsFile reports whether the source is a file.
func (s Source) IsFile() bool { return s.url == nil }

// String is the source for people, without a password.
func (s Source) String() string {
	if s.url == nil {
		return s.path
	}
	return s.url.Redacted()
}

// read returns the bytes of the set. The error names the source.
func (s Source) read(ctx context.Context) ([]byte, error) {
	if s.url == nil {
		file, err := os.Open(s.path)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // it was only read
		return bounded(file, s)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", s, err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err // which names the address, without a password
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", s, response.Status)
	}
	return bounded(response.Body, s)
}

// bounded reads to the end of what may be no larger than largestSet.
func bounded(r io.Reader, from Source) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, largestSet+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", from, err)
	case len(data) > largestSet:
		return nil, fmt.Errorf("%s has more than %d bytes", from, largestSet)
	default:
		return data, nil
	}
}
