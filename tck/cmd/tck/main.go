// Command tck certifies user functions against the Stateward specification.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/stateward/stateward/tck/app"
)

func main() {
	// The handler stays to the end: an impatient second Ctrl-C must not leave
	// containers behind, and clean-up takes seconds at most.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)

	stop()
	os.Exit(code)
}
