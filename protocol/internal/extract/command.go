package extract

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/stateward/stateward/protocol/internal/build"
)

// Run is the command: it writes DIR/requirements.json from DIR/spec/*.md, or
// with -check returns an error when the file is not what it would write. Usage
// goes to stderr.
func Run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("requirements", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", "protocol", "directory that holds spec/ and requirements.json")
	about := flags.Bool("version", false, "say which build this is, and do nothing")
	stale := flags.Bool("check", false, "write nothing, and fail when requirements.json is stale")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	if *about {
		fmt.Fprintln(stdout, build.About("requirements"))
		return nil
	}
	requirements, err := Read(os.DirFS(filepath.Join(*dir, "spec")))
	if err != nil {
		return err
	}
	want, err := Encode(requirements)
	if err != nil {
		return err
	}
	file := filepath.Join(*dir, "requirements.json")
	if *stale {
		return compare(file, want)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // a file of the repository, for everyone to read
		return fmt.Errorf("write the requirements: %w", err)
	}
	return nil
}

// compare returns an error when the file does not hold want.
func compare(file string, want []byte) error {
	have, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the requirements: %w", err)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%s is stale: run `go run ./protocol/cmd/requirements`", file)
	}
	return nil
}
