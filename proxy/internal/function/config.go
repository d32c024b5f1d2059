// Package function is the client of the user function: it connects, discovers,
// opens the streams of entities and the calls of actions, watches how the function
// is, and tells it what it did wrong.
package function

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Owner is told what becomes of the function. Its methods are called one at a
// time, and do not call the client.
type Owner interface {
	// Discovered takes each answer to Discover, in this dialect, and returns the
	// mistakes in it. With none that refuses it the answer is accepted, and streams
	// can be opened once Discovered has returned.
	Discovered(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse) []descriptor.Mistake
	// Changed takes the reasons why the function does not serve now, for
	// people; none when it serves.
	Changed(reasons []string)
	// Crowded says that so many wait for a stream that only the end of another can
	// bring. While there are any, the owner passivates an idle entity for each, that
	// whose last message is the oldest (DISC-INC-009).
	Crowded(waiting int)
}

// Observer counts. Its methods may be called from any goroutine.
type Observer interface {
	// Discovered counts one attempt to discover: "accepted", "refused", or
	// "failed" when there was no answer.
	Discovered(outcome string)
	// Reported counts one report: "sent", "failed", or "dropped" when it was
	// never sent.
	Reported(outcome string)
	// Streams says that so many more, or fewer, streams of entities and calls of
	// actions are open.
	Streams(change int)
}

// Config says where the function is and how to speak to it.
type Config struct {
	// Target is where the function listens: HOST:PORT or unix:PATH.
	Target string
	// Dialects are those in which the function is asked, in turn, until it answers.
	Dialects []wire.Dialect
	// Capabilities are those that the proxy announces, each once (DISC-CAP-001).
	Capabilities []discoveryv1.Capability
	// Name and Version are the proxy's, for the function to know, and Instance
	// names this process of it (DISC-INST-001).
	Name, Version, Instance string
	// Dev tells the function that somebody develops it.
	Dev bool
	// Limits are the proxy's, for the function to know (CORE-LIMIT-005); never nil.
	Limits *discoveryv1.ProxyLimits
	// MaxMessage is the largest message in bytes that the function may send, and
	// the largest that it is sent, whatever more it takes.
	MaxMessage int
	// Owner and Observer are never nil.
	Owner    Owner
	Observer Observer
	// Log is never nil.
	Log *slog.Logger
	// Random returns a number in [0, 1), for the length of a pause.
	Random func() float64
	// Dial opens a connection; the network is "tcp" or "unix".
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS returns what the next connection's handshake needs; nil speaks without TLS.
	TLS func() *tls.Config

	// Each wait has an end.
	ConnectTimeout  time.Duration // for the transport
	DiscoverTimeout time.Duration // for an answer to Discover
	ReportTimeout   time.Duration // for an answer to one ReportError
	StreamTimeout   time.Duration // for a stream that the function has no room for (DISC-INC-010)
}

// Defaults returns a Config that lacks Target, Limits, Owner, Observer, Log, Random
// and the proxy's version and instance, and announces no capability.
func Defaults() Config {
	return Config{
		Dialects:        []wire.Dialect{wire.V1(), wire.Cloudstate()},
		Name:            "stateward-proxy",
		MaxMessage:      4 << 20,
		Dial:            new(net.Dialer).DialContext,
		ConnectTimeout:  5 * time.Second,
		DiscoverTimeout: 10 * time.Second,
		ReportTimeout:   5 * time.Second,
		StreamTimeout:   60 * time.Second,
	}
}

// validate returns what is wrong with the config; nil when nothing is.
func (c *Config) validate() error {
	_, _, err := ParseTarget(c.Target)
	switch {
	case err != nil:
		return err
	case c.Limits == nil, c.Owner == nil, c.Observer == nil, c.Log == nil, c.Random == nil, c.Dial == nil, c.Instance == "":
		return errors.New("function: Limits, Owner, Observer, Log, Random, Dial and Instance are needed")
	case len(c.Dialects) == 0:
		return errors.New("function: no dialect is given")
	case c.MaxMessage <= 0:
		return fmt.Errorf("function: MaxMessage is %d bytes; it must be greater than 0", c.MaxMessage)
	case min(c.ConnectTimeout, c.DiscoverTimeout, c.ReportTimeout, c.StreamTimeout) <= 0:
		return errors.New("function: every time-out must be greater than 0")
	}
	return nil
}

// ParseTarget splits HOST:PORT or unix:PATH into the network and the address
// to dial. An error says what is wrong with the target, for its author.
func ParseTarget(target string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(target, "unix:"); ok {
		if path == "" {
			return "", "", fmt.Errorf("the function's address %q lacks the path of the socket: write unix:PATH", target)
		}
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil || host == "" || port == "" {
		return "", "", fmt.Errorf("the function's address %q is neither HOST:PORT nor unix:PATH", target)
	}
	return "tcp", target, nil
}
