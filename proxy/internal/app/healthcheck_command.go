package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	// healthTimeout bounds the question; the proxy asks its store for up to pingTimeout.
	healthTimeout = pingTimeout + time.Second
	// healthBytes is how much of the answer is read.
	healthBytes = 64 << 10
)

// healthcheckCommand returns the command that asks a running proxy how it is, for
// container engines: an image of one binary has nothing else to ask with.
func (p *program) healthcheckCommand() *cobra.Command {
	alive := false
	command := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running proxy whether it is ready, for container engines",
		Long: `healthcheck asks the proxy whose admin port is at --admin whether it is ready. It
prints the answer: "ready", or each reason why not. The exit code is 0 when it is
ready, and 1 when it is not or does not answer within 3 s.

With --alive it asks whether the process lives, whatever its function and its store
do: what does not answer that is to be started again.`,
		Example: `  # In a Dockerfile, or as an exec probe.
  HEALTHCHECK CMD ["/stateward-proxy", "healthcheck"]`,
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := p.load(); err != nil {
				return err
			}
			page := "/readyz"
			if alive {
				page = "/healthz"
			}
			ctx, cancel := context.WithTimeout(command.Context(), healthTimeout)
			defer cancel()
			answer, err := ask(ctx, &p.config, page)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), answer)
			return err
		},
	}
	p.addFlags(command, "admin", "admin-tls-cert", "admin-tls-key")
	command.Flags().BoolVar(&alive, "alive", false, "ask whether the process lives, and not whether it is ready")
	return command
}

// ask returns what the page of an admin port says; what it says that is not good is
// the error.
func ask(ctx context.Context, config *Config, page string) (string, error) {
	address, err := reachable(config.Admin)
	if err != nil {
		return "", err
	}
	secured, err := config.toAdmin(TLSFiles{})
	if err != nil {
		return "", err
	}
	scheme := "http://"
	if secured != nil {
		scheme = "https://"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+address+page, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: secured, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("no proxy answers at %s (is it running? --admin says where): %w", address, err)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, healthBytes))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return "", fmt.Errorf("the answer of %s breaks off: %w", address, err)
	}
	said := strings.TrimSpace(string(text))
	if response.StatusCode != http.StatusOK {
		return "", errors.New(said)
	}
	return said, nil
}

// reachable returns where a port that is open on every address is reached from here.
func reachable(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("--admin: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
