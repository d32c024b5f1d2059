package app

import (
	"path/filepath"

	"github.com/spf13/pflag"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

// files are where a run is written to; empty means nowhere.
type files struct {
	report, json, junit, html, badge, dir, traces string
}

func (f *files) addTo(set *pflag.FlagSet) {
	set.StringVar(&f.report, "report", "", "write the report to this `FILE` (YAML)")
	set.StringVar(&f.json, "json", "", "write the report to this `FILE` (JSON)")
	set.StringVar(&f.junit, "junit", "", "write JUnit XML to this `FILE`")
	set.StringVar(&f.html, "html", "", "write the report as a page to this `FILE` (HTML)")
	set.StringVar(&f.badge, "badge", "", "write what a badge is drawn from to this `FILE` (JSON for shields.io)")
	set.StringVar(&f.dir, "report-dir", "",
		"write report.yaml, report.json, report.html, junit.xml, badge.json and traces/ into this `DIR`")
}

// resolve gives every file its place in the directory, where one was given and no
// other place.
func (f *files) resolve() {
	if f.dir == "" {
		return
	}
	for _, file := range []struct {
		path *string
		name string
	}{
		{&f.report, "report.yaml"},
		{&f.json, "report.json"},
		{&f.html, "report.html"},
		{&f.junit, "junit.xml"},
		{&f.badge, "badge.json"},
	} {
		if *file.path == "" {
			*file.path = filepath.Join(f.dir, file.name)
		}
	}
	f.traces = filepath.Join(f.dir, "traces")
}

// rendering is a form of the report, and where it is written to.
type rendering struct {
	path   string
	render func(*tckv1.Report) ([]byte, error)
}

// renderings are those that were asked for.
func (f *files) renderings() []rendering {
	var asked []rendering
	for _, one := range []rendering{
		{f.report, report.Marshal},
		{f.json, report.CanonicalJSON},
		{f.junit, junit},
		{f.html, func(r *tckv1.Report) ([]byte, error) { return html(r, nil, "") }},
		{f.badge, func(r *tckv1.Report) ([]byte, error) { return report.Badge(r, "") }},
	} {
		if one.path != "" {
			asked = append(asked, one)
		}
	}
	return asked
}
