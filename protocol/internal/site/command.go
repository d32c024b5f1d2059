package site

import (
	"fmt"
	"io"
	"os"

	"github.com/stateward/stateward/protocol/internal/build"
)

// Run is the command: it writes the pages of the specification into the folder
// that is its one argument.
func Run(args []string, stdout io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: specsite FOLDER; got %d arguments", len(args))
	}
	if args[0] == "--version" || args[0] == "-version" {
		_, err := fmt.Fprintln(stdout, build.About("specsite"))
		return err
	}
	pages, err := Render(os.DirFS("protocol"))
	if err != nil {
		return err
	}
	return Write(args[0], pages)
}
