// Command specsite renders the specification as a folder of HTML pages, which
// is its one argument. It runs in the root of the repository.
package main

import (
	"fmt"
	"os"

	"github.com/stateward/stateward/protocol/internal/site"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: specsite FOLDER; got %d arguments", len(args))
	}
	pages, err := site.Render(os.DirFS("protocol"))
	if err != nil {
		return err
	}
	return site.Write(args[0], pages)
}
