package subject

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
	tcnetwork "github.com/testcontainers/testcontainers-go/network"

	"github.com/stateward/stateward/tck/interrupt"
)

// ContainerConfig says what to start.
type ContainerConfig struct {
	// Image is its reference. An image that is here is not pulled.
	Image string
	// Args replace the image's command; empty keeps it.
	Args []string
	// Env is added to the image's environment.
	Env map[string]string
	// Ports are published on 127.0.0.1, each on a port that the engine chooses.
	Ports []int
	// Network, when not empty, names the network that it joins, under Aliases.
	Network string
	// Aliases are its host names on Network.
	Aliases []string
	// Volumes are the paths at which named volumes are mounted, by their names.
	// Close leaves them: they outlive the container.
	Volumes map[string]string
	// ReadOnly keeps it from writing anywhere else.
	ReadOnly bool
}

// Container is one container, from its start until Close removes it.
type Container struct {
	engine *testcontainers.DockerClient
	name   string
	image  string
}

var _ Instance = (*Container)(nil)

// StartContainer starts a container. It returns as soon as the container runs;
// Await tells when it is ready. The caller removes it by Close, whatever
// becomes of ctx; when StartContainer fails, nothing is left behind.
func StartContainer(ctx context.Context, config ContainerConfig) (*Container, error) {
	engine, err := dockerEngine(ctx)
	if err != nil {
		return nil, err
	}
	c := &Container{engine: engine, name: uniqueName(), image: config.Image}
	if _, err := testcontainers.Run(ctx, config.Image, c.options(config)...); err != nil {
		return nil, errors.Join(fmt.Errorf("container of %s: %w", config.Image, err), c.Close(interrupt.Cleanup(ctx)))
	}
	return c, nil
}

func (c *Container) options(config ContainerConfig) []testcontainers.ContainerCustomizer {
	ports := make([]string, 0, len(config.Ports))
	for _, port := range config.Ports {
		ports = append(ports, fmt.Sprintf("%d/tcp", port))
	}
	options := []testcontainers.ContainerCustomizer{
		testcontainers.WithLogger(tclog.NewNoopLogger()),
		testcontainers.WithName(c.name),
		testcontainers.WithLabels(ownership()),
		testcontainers.WithEnv(config.Env),
		testcontainers.WithExposedPorts(ports...),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			publishOnLoopback(host, ports)
			host.ReadonlyRootfs = config.ReadOnly
		}),
	}
	if len(config.Args) > 0 {
		options = append(options, testcontainers.WithCmd(config.Args...))
	}
	if config.Network != "" {
		options = append(options, tcnetwork.WithNetworkName(config.Aliases, config.Network))
	}
	for name, path := range config.Volumes {
		mount := testcontainers.VolumeMount(name, testcontainers.ContainerMountTarget(path))
		options = append(options, testcontainers.WithMounts(mount))
	}
	return options
}

// publishOnLoopback keeps the published ports from every network but this
// machine's own, which is why the engine has to run on it. An empty host port
// lets the engine choose.
func publishOnLoopback(host *container.HostConfig, ports []string) {
	host.PortBindings = network.PortMap{}
	for _, port := range ports {
		host.PortBindings[network.MustParsePort(port)] = []network.PortBinding{{HostIP: loopback}}
	}
}

// Digest names the image's content: the registry's digest where it came from a
// registry, else the id of the local image.
func (c *Container) Digest(ctx context.Context) (string, error) {
	image, err := c.engine.ImageInspect(ctx, c.image)
	if err != nil {
		return "", fmt.Errorf("image %s: %w", c.image, err)
	}
	for _, published := range image.RepoDigests {
		if _, digest, found := strings.Cut(published, "@"); found {
			return digest, nil
		}
	}
	return image.ID, nil
}

// Stop asks the container to end (SIGTERM); the engine ends it by force when it
// has not done so within three seconds. It can be restarted.
func (c *Container) Stop(ctx context.Context) error {
	seconds := int(grace.Seconds())
	_, err := c.engine.ContainerStop(ctx, c.name, client.ContainerStopOptions{Timeout: &seconds})
	return c.failed("stop", err)
}

// Kill ends the container by SIGKILL and waits until it has ended.
func (c *Container) Kill(ctx context.Context) error {
	_, err := c.engine.ContainerKill(ctx, c.name, client.ContainerKillOptions{Signal: "SIGKILL"})
	if err != nil && !errdefs.IsConflict(err) { // a conflict: it does not run
		return c.failed("kill", err)
	}
	err = c.Wait(ctx)
	if _, ended := errors.AsType[*ExitError](err); ended {
		return nil
	}
	return c.failed("kill", err)
}

// Restart starts the container again, with its volumes and its own files. Its
// published ports may be others now.
func (c *Container) Restart(ctx context.Context) error {
	_, err := c.engine.ContainerStart(ctx, c.name, client.ContainerStartOptions{})
	return c.failed("start", err)
}

// Close stops the container and removes it with its unnamed volumes. When ctx ends,
// nothing is waited for any more, and it is removed all the same.
func (c *Container) Close(ctx context.Context) error {
	err := c.Stop(ctx)
	if errdefs.IsNotFound(err) {
		return c.engine.Close() // never created, or closed before
	}
	removing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	_, removal := c.engine.ContainerRemove(removing, c.name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(removal) { // never created, as far as it was stopped
		removal = nil
	}
	if removal == nil {
		err = nil // what does not stop is gone all the same
	}
	return errors.Join(err, c.failed("remove", removal), c.engine.Close())
}

// Wait returns when the container does not run.
func (c *Container) Wait(ctx context.Context) error {
	wait := c.engine.ContainerWait(ctx, c.name, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case end := <-wait.Result:
		return &ExitError{
			How:   fmt.Sprintf("exited with status %d", end.StatusCode),
			Lines: c.Tail(context.WithoutCancel(ctx), shownLines),
		}
	case err := <-wait.Error:
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return c.failed("watch", err)
	}
}

// Tail is the last lines of the container's output; when the engine does not
// give them, the only line says why.
func (c *Container) Tail(ctx context.Context, n int) []string {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	stream, err := c.engine.ContainerLogs(ctx, c.name, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(n),
	})
	if err != nil {
		return []string{"(no output: " + err.Error() + ")"}
	}
	defer stream.Close() //nolint:errcheck // it was only read
	var text bytes.Buffer
	if _, err := stdcopy.StdCopy(&text, &text, stream); err != nil {
		return []string{"(no output: " + err.Error() + ")"}
	}
	kept := &log{}
	kept.read(&text)
	return kept.tail(n)
}

// Address is where the port is published now.
func (c *Container) Address(ctx context.Context, port int) (string, error) {
	inspected, err := c.engine.ContainerInspect(ctx, c.name, client.ContainerInspectOptions{})
	if err != nil {
		return "", c.failed("inspect", err)
	}
	inner := network.MustParsePort(fmt.Sprintf("%d/tcp", port))
	for _, binding := range inspected.Container.NetworkSettings.Ports[inner] {
		return net.JoinHostPort(loopback.String(), binding.HostPort), nil
	}
	return "", fmt.Errorf("container of %s publishes no port %d", c.image, port)
}

// Name is the container's name at the engine.
func (c *Container) Name() string { return c.name }

func (c *Container) failed(action string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s container of %s: %w", action, c.image, err)
}
