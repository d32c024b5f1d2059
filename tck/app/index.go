package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/report/index"
)

func indexCommand(io streams) *cobra.Command {
	check := false
	command := &cobra.Command{
		Use:   "index DIR",
		Short: "Write the index of a tree of published reports",
		Long: `Writes DIR/` + index.Name + `: every report in the tree with its result, and for each profile how
many MUSTs passed. It depends on the reports alone.`,
		Example: `  tck report index conformance-reports
  tck report index conformance-reports --check`,
		Args: exactly(1, "one DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := indexOf(args[0])
			if err != nil {
				return err
			}
			at := filepath.Join(args[0], index.Name)
			if check {
				return fresh(at, text)
			}
			if err := save(at, text); err != nil {
				return &exit{code: ExitKit, err: err}
			}
			fmt.Fprintln(io.err, "wrote "+at)
			return nil
		},
	}
	command.Flags().BoolVar(&check, "check", false, "write nothing, and fail when the index is stale")
	return command
}

// indexOf reads every report of a tree.
func indexOf(dir string) ([]byte, error) {
	files, tree, err := reportsAt(dir)
	if err != nil {
		return nil, usage("%w", err)
	}
	if !tree {
		return nil, usage("%s is no directory", dir)
	}
	all := map[string]*tckv1.Report{}
	for _, file := range files {
		text, err := read(file)
		if err != nil {
			return nil, &exit{code: ExitFailed, err: err}
		}
		r, err := report.Unmarshal(text)
		if err != nil {
			return nil, &exit{code: ExitFailed, err: fmt.Errorf("%s: %w", file, err)}
		}
		below, err := filepath.Rel(dir, file)
		if err != nil {
			return nil, &exit{code: ExitKit, err: err}
		}
		all[filepath.ToSlash(below)] = r
	}
	return index.Markdown(all), nil
}

// fresh fails when the file does not hold the text.
func fresh(path string, text []byte) error {
	held, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !bytes.Equal(held, text):
		return &exit{code: ExitFailed, err: fmt.Errorf("%s is stale: `tck report index %s` writes it", path, filepath.Dir(path))}
	default:
		return err
	}
}

// indexed holds the index of a tree against its reports, where it has one.
func indexed(dir string, tree bool) error {
	at := filepath.Join(dir, index.Name)
	if _, err := os.Stat(at); !tree || err != nil {
		return nil //nolint:nilerr // a tree, or a part of one, need not have an index
	}
	text, err := indexOf(dir)
	if err != nil {
		return err
	}
	return fresh(at, text)
}
