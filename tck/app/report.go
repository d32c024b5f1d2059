package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/report/page"
	"github.com/stateward/stateward/tck/requirement"
)

// standard stands for the standard output, where a FILE is meant.
const standard = "-"

func reportCommand(io streams) *cobra.Command {
	command := &cobra.Command{Use: "report", Short: "Work with reports"}
	command.AddCommand(
		verifyCommand(io),
		htmlCommand(io),
		badgeCommand(io),
		diffCommand(io),
		equalCommand(io),
		indexCommand(io),
		schemaCommand(io),
	)
	return command
}

func htmlCommand(io streams) *cobra.Command {
	out, docs := "", ""
	command := &cobra.Command{
		Use:   "html REPORT",
		Short: "Show a report as one HTML file",
		Long: `Writes a page that needs no network and no other file: the result, the profiles, and
every requirement, to be filtered and opened, with what was expected, what came, the
messages that passed, and the command that runs the case again. A report that does not
verify is shown too, and the page says so at its head.`,
		Example: `  tck report html out/report.yaml              # writes out/report.html
  tck report html out/report.yaml -o - --docs ../docs`,
		Args: exactly(1, "one REPORT"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, problems, err := open(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".html"
			}
			for _, problem := range problems {
				fmt.Fprintf(io.err, "tck: %s does not verify: %s\n", args[0], problem)
			}
			text, err := html(r, problems, docs)
			if err != nil {
				return &exit{code: ExitKit, err: err}
			}
			return deliver(io, out, text)
		},
	}
	command.Flags().StringVarP(&out, "output", "o", "", "write it to this `FILE`, or to the standard output for - (default: beside the REPORT)")
	command.Flags().StringVar(&docs, "docs", "", "link each sentence into the rendered specification in this `DIR`, as seen from the page")
	return command
}

func badgeCommand(io streams) *cobra.Command {
	out, profile := "", ""
	command := &cobra.Command{
		Use:   "badge REPORT",
		Short: "Write a badge for a README, as JSON that shields.io reads",
		Long: `Writes what an endpoint badge of shields.io is drawn from: the result over all, or
what one profile came to. Publish the file, and give its URL to the badge.`,
		Example: `  tck report badge out/report.yaml --profile event-sourced -o badge.json`,
		Args:    exactly(1, "one REPORT"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, problems, err := open(args[0])
			if err != nil {
				return err
			}
			if len(problems) > 0 {
				return &exit{code: ExitFailed, err: fmt.Errorf("%s does not verify: %s", args[0], problems[0])}
			}
			badge, err := report.Badge(r, profile)
			if err != nil {
				return usage("%w", err)
			}
			return deliver(io, out, badge)
		},
	}
	command.Flags().StringVarP(&out, "output", "o", standard, "write it to this `FILE`")
	command.Flags().StringVar(&profile, "profile", "", "the badge of this `PROFILE` (default: of the whole report)")
	return command
}

func schemaCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of reports",
		Long: `Prints the schema that editors and other tools check reports with, as YAML or JSON. It
says what a report looks like; whether one contradicts itself, ` + "`tck report verify` says.",
		Args: exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.out.Write(report.JSONSchema())
			return err
		},
	}
}

// open reads one report, and says what is wrong with it; the error is that it is none.
func open(path string) (r *tckv1.Report, problems []string, err error) {
	text, err := read(path)
	if err != nil {
		return nil, nil, usage("%w", err)
	}
	r, err = report.Unmarshal(text)
	if err != nil {
		return nil, nil, usage("%s: %w", path, err)
	}
	return r, report.Verify(text, report.Current()), nil
}

// read reads a file, but no more of it than a report may have, and a byte.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	return io.ReadAll(io.LimitReader(file, report.MaxBytes+1))
}

// deliver writes what was made of a report to a file, or to the standard output.
func deliver(io streams, path string, text []byte) error {
	if path == standard {
		_, err := io.out.Write(text)
		return err
	}
	if err := save(path, text); err != nil {
		return &exit{code: ExitKit, err: err}
	}
	fmt.Fprintln(io.err, "wrote "+path)
	return nil
}

// html is the page of a report.
func html(r *tckv1.Report, problems []string, docs string) ([]byte, error) {
	var out bytes.Buffer
	err := page.Write(&out, r, page.Config{
		Sentences: requirement.All(), Digest: report.Current().Digest, Problems: problems, Docs: docs,
	})
	return out.Bytes(), err
}
