package sdk_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// healthcheck asks with the patience of a test: an answer is not said to come in time here.
func healthcheck(t *testing.T, pairs ...string) error {
	t.Helper()
	return sdk.Healthcheck(t.Context(), environment(pairs...), sdktest.Patience)
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "a socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	config := one(another("x"))
	config.Health = sdk.NewHealth()
	function, err := sdk.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), sdktest.Patience)
	served := make(chan error, 1)
	go func() { served <- function.Serve(ctx, listener) }()

	if err := healthcheck(t, "SOCKET", socket); err != nil {
		t.Errorf("a function that is well: %v", err)
	}
	if err := healthcheck(t, "HOST", "unix:"+socket); err != nil {
		t.Errorf("by its other name: %v", err)
	}
	config.Health.NotServing("the database is gone")
	if err := healthcheck(t, "SOCKET", socket); err == nil || !strings.Contains(err.Error(), socket+": NOT_SERVING") {
		t.Errorf("a function that is not well: %v", err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := healthcheck(t, "SOCKET", socket); err == nil || !strings.Contains(err.Error(), socket) {
		t.Errorf("nobody is there: %v", err)
	}
}

// Who takes the connection and says nothing is not waited for.
func TestHealthcheckHasADeadline(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	err = sdk.Run(t.Context(), sdk.Config{Name: "f"}, []string{"healthcheck"},
		environment("HOST", "0.0.0.0", "PORT", port), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "DeadlineExceeded") {
		t.Errorf("%v", err)
	}
}

func TestOwnAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		want string // "" is an error
	}{
		"nothing":            {nil, "tcp 127.0.0.1:8080"},
		"every address":      {[]string{"HOST", "0.0.0.0", "PORT", "9"}, "tcp 127.0.0.1:9"},
		"every address of 6": {[]string{"HOST", "::", "PORT", "9"}, "tcp [::1]:9"},
		"a name":             {[]string{"HOST", "h", "PORT", "9"}, "tcp h:9"},
		"a socket":           {[]string{"SOCKET", "/run/f", "PORT", "0"}, "unix /run/f"},
		"whichever is free":  {[]string{"PORT", "0"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network, address, err := sdk.OwnAddress(environment(c.env...))
			if (err != nil) != (c.want == "") || err == nil && network+" "+address != c.want {
				t.Errorf("%s %s, %v", network, address, err)
			}
		})
	}
}
