package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/cases"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/requirement"
)

func verifyCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE|DIR...",
		Short: "Check that reports are what the kit wrote",
		Long: `Reads each report and derives again all that follows from the verdicts on its
cases: those on requirements, the counts, the result and the digest. A report that this
very version of the kit wrote has to have all of its cases, too. In a DIR every
.yaml file is a report; it has to stand at vPROTOCOL/ORGANIZATION-PROJECT/VERSION.yaml
beside a README.md with a section "Reproduce". An INDEX.md at its root has to be that of
` + "`tck report index`" + `, and matrix.html beside it as well.`,
		Example: `  tck report verify out/report.yaml
  tck report verify conformance-reports`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("it takes a FILE or a DIR")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return verify(io.out, args)
		},
	}
}

// verify checks every report that the paths name.
func verify(out io.Writer, paths []string) error {
	verified, wrong := 0, 0
	for _, path := range paths {
		found, published, err := reportsAt(path)
		if err != nil {
			return usage("%w", err)
		}
		for _, file := range found {
			problems := check(file, published)
			verified++
			if len(problems) == 0 {
				fmt.Fprintf(out, "%s: verified\n", file)
				continue
			}
			wrong++
			fmt.Fprintf(out, "%s: %s\n", file, strings.Join(problems, "\n    "))
		}
		if err := indexed(path, published); err != nil {
			return err
		}
	}
	switch {
	case verified == 0:
		return usage("nothing selected: there is no report in %s", strings.Join(paths, ", "))
	case wrong > 0:
		return &exit{code: ExitFailed, err: fmt.Errorf("%d of %d reports do not verify", wrong, verified)}
	default:
		return nil
	}
}

// reportsAt returns the file, or every report in the tree; those of a tree are
// published ones.
func reportsAt(path string) (files []string, published bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, err
	}
	if !info.IsDir() {
		return []string{path}, false, nil
	}
	err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	return files, true, err
}

// check returns what is wrong with one report.
func check(file string, published bool) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return []string{err.Error()}
	}
	problems := report.Verify(text, report.Current())
	r, err := report.Unmarshal(text)
	if err != nil {
		return problems // which say so
	}
	problems = append(problems, miscounted(r)...)
	if published {
		problems = append(problems, misplaced(file, r)...)
	}
	return problems
}

// miscounted holds the cases of a report that this very kit wrote against those
// that the kit has. What another version has is not known here.
func miscounted(r *tckv1.Report) []string {
	if r.GetKit().GetVersion() != version || r.GetKit().GetCommit() != commit {
		return nil
	}
	var problems []string
	all := cases.Function()
	if slices.Contains(r.GetSubject().GetProfiles(), cases.CloudstateProfile) {
		all = cases.Cloudstate(all)
	}
	known := requirement.All().Cover(all, requirement.Planned()).Cases
	for _, row := range r.GetRequirements() {
		want, found := known[row.GetId()], 0
		for _, c := range row.GetCases() {
			if slices.Contains(want, c.GetId()) {
				found++
			} else {
				problems = append(problems, fmt.Sprintf("%s: this kit has no case %q of it", row.GetId(), c.GetId()))
			}
		}
		if found > 0 && found < len(want) && r.GetSelection() == nil {
			problems = append(problems, fmt.Sprintf("%s: it has %d of the %d cases of this kit", row.GetId(), found, len(want)))
		}
	}
	return problems
}

// misplaced holds a published report against the rules of its tree.
func misplaced(file string, r *tckv1.Report) []string {
	var problems []string
	subject := r.GetSubject()
	major, _, _ := strings.Cut(r.GetSpecification().GetProtocol(), ".")
	want := filepath.Join("v"+major, subject.GetOrganization()+"-"+subject.GetProject(), subject.GetVersion()+".yaml")
	at, err := filepath.Abs(file)
	if err != nil || !strings.HasSuffix(at, string(filepath.Separator)+want) {
		problems = append(problems, "it should stand at "+want)
	}
	readme, err := os.ReadFile(filepath.Join(filepath.Dir(file), "README.md"))
	if err != nil || !strings.Contains(string(readme), "\n## Reproduce\n") {
		problems = append(problems, "beside it stands no README.md with a section \"Reproduce\"")
	}
	return problems
}
