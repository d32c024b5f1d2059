// Command stateward-bench measures the proxy beside the bare way through gRPC.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/stateward/stateward/proxy/internal/bench"
)

func main() {
	if err := bench.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "stateward-bench:", err)
		os.Exit(1)
	}
}
