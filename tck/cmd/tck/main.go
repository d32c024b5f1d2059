// Command tck certifies user functions against the Stateward specification.
package main

import (
	"context"
	"os"
	"syscall"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/interrupt"
)

func main() {
	ctx, stop := interrupt.Context(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)

	stop()
	os.Exit(code)
}
