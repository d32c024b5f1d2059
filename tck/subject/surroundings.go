package subject

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// ErrNoEngine means that no Docker engine answers: the subject is not to blame.
var ErrNoEngine = errors.New("no Docker engine answers")

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// withoutReaper is testcontainers' own switch.
const withoutReaper = "TESTCONTAINERS_RYUK_DISABLED"

// OwnContainers prepares a program that removes its containers itself: it
// leaves testcontainers' reaper off, which is one more image to pull, unless
// the environment asks for it, and silences what testcontainers prints. A
// program calls it once, before it starts anything.
func OwnContainers() error {
	tclog.SetDefault(tclog.NewNoopLogger())
	if _, set := os.LookupEnv(withoutReaper); set {
		return nil
	}
	return os.Setenv(withoutReaper, "true")
}

func dockerEngine(ctx context.Context) (*testcontainers.DockerClient, error) {
	engine, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	if host := engine.DaemonHost(); remote(host) {
		return nil, errors.Join(fmt.Errorf("%w on this machine: the one at %s cannot publish on its loopback", ErrNoEngine, host), engine.Close())
	}
	return engine, nil
}

// remote reports whether an engine's address is on another machine.
func remote(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || parsed.Hostname() == "localhost" {
		return false // a socket of this machine has a path and no host
	}
	ip, err := netip.ParseAddr(parsed.Hostname())
	return err != nil || !ip.IsLoopback()
}

// uniqueName names something at the engine, so that it can be found again even
// when the call that made it was cut off.
func uniqueName() string { return namePrefix + strings.ToLower(rand.Text()) }

// Network is a network of the Docker engine on which containers reach each
// other by their aliases.
type Network struct {
	Name   string
	engine *testcontainers.DockerClient
}

// CreateNetwork makes a network with a name of its own. The caller removes it
// by Close after every container on it.
func CreateNetwork(ctx context.Context) (*Network, error) {
	engine, err := dockerEngine(ctx)
	if err != nil {
		return nil, err
	}
	name := uniqueName()
	if _, err := engine.NetworkCreate(ctx, name, client.NetworkCreateOptions{Driver: "bridge", Labels: labels()}); err != nil {
		return nil, errors.Join(fmt.Errorf("network: %w", err), engine.Close())
	}
	return &Network{Name: name, engine: engine}, nil
}

// Close removes the network.
func (n *Network) Close(ctx context.Context) error {
	_, err := n.engine.NetworkRemove(ctx, n.Name, client.NetworkRemoveOptions{})
	return errors.Join(err, n.engine.Close())
}

// Volume is a named volume: what a container stores there outlives it.
type Volume struct {
	Name   string
	engine *testcontainers.DockerClient
}

// CreateVolume makes an empty volume with a name of its own. The caller removes
// it by Close after every container that mounts it.
func CreateVolume(ctx context.Context) (*Volume, error) {
	engine, err := dockerEngine(ctx)
	if err != nil {
		return nil, err
	}
	name := uniqueName()
	if _, err := engine.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: labels()}); err != nil {
		return nil, errors.Join(fmt.Errorf("volume: %w", err), engine.Close())
	}
	return &Volume{Name: name, engine: engine}, nil
}

// Close removes the volume and what is in it.
func (v *Volume) Close(ctx context.Context) error {
	_, err := v.engine.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
	return errors.Join(err, v.engine.Close())
}
