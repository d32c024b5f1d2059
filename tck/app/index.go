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
		Short: "Write the index of a tree of published reports, and its matrix",
		Long: `Writes DIR/` + index.Name + `: every report in the tree with its result, and for each profile how
many MUSTs passed; and DIR/` + index.MatrixName + `, which shows the same in a browser, side by side and to
be filtered, without network. Both depend on the reports alone.`,
		Example: `  tck report index conformance-reports
  tck report index conformance-reports --check`,
		Args: exactly(1, "one DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			pages, err := pagesOf(args[0])
			if err != nil {
				return err
			}
			for _, page := range pages {
				if check {
					err = page.fresh()
				} else {
					err = deliver(io, page.path, page.text)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	command.Flags().BoolVar(&check, "check", false, "write nothing, and fail when one of them is stale")
	return command
}

// indexPage is a file that shows a tree of reports.
type indexPage struct {
	path string
	text []byte
}

// pagesOf reads every report of a tree and makes its pages.
func pagesOf(dir string) ([]indexPage, error) {
	all, err := published(dir)
	if err != nil {
		return nil, err
	}
	matrix, err := index.HTML(all)
	if err != nil {
		return nil, &exit{code: ExitKit, err: err}
	}
	return []indexPage{
		{filepath.Join(dir, index.Name), index.Markdown(all)},
		{filepath.Join(dir, index.MatrixName), matrix},
	}, nil
}

// published reads every report of a tree, by its path below the root, with slashes.
func published(dir string) (map[string]*tckv1.Report, error) {
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
	return all, nil
}

// fresh fails when the file does not hold the text.
func (p indexPage) fresh() error {
	held, err := os.ReadFile(p.path)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && !bytes.Equal(held, p.text):
		return &exit{code: ExitFailed, err: fmt.Errorf("%s is stale: `tck report index %s` writes it", p.path, filepath.Dir(p.path))}
	default:
		return err
	}
}

// indexed holds the pages of a tree against its reports: all of them, where it has one.
func indexed(dir string, tree bool) error {
	if !tree || !exists(filepath.Join(dir, index.Name)) && !exists(filepath.Join(dir, index.MatrixName)) {
		return nil // a tree, or a part of one, need not have an index
	}
	pages, err := pagesOf(dir)
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := page.fresh(); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
