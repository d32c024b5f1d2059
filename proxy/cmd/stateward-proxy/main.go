// Command stateward-proxy keeps the state of a user function's entities.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/stateward/stateward/proxy/internal/app"
)

func main() {
	if err := app.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "stateward-proxy:", err)
		os.Exit(1)
	}
}
