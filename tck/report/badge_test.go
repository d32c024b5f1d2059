package report_test

import (
	"strings"
	"testing"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/report"
)

func TestBadge(t *testing.T) {
	t.Parallel()
	invalid := whole()
	invalid.Results = nil
	narrowed := whole()
	narrowed.Results, narrowed.Selection = narrowed.Results[1:2], &tckv1.Selection{Run: []string{"alpha/*"}}
	for name, test := range map[string]struct {
		run     report.Run
		profile string
		want    string
	}{
		"conformant":         {whole(), "", `{"schemaVersion":1,"label":"stateward 1.0","message":"conformant","color":"brightgreen"}`},
		"a profile of it":    {whole(), "beta", `{"schemaVersion":1,"label":"stateward 1.0 beta","message":"2/2 passed","color":"brightgreen"}`},
		"failing":            {failing(), "", `{"schemaVersion":1,"label":"stateward 1.0","message":"non-conformant","color":"red"}`},
		"a failed profile":   {failing(), "beta", `{"schemaVersion":1,"label":"stateward 1.0 beta","message":"0/2 passed","color":"red"}`},
		"an unmeasured one":  {failing(), "alpha", `{"schemaVersion":1,"label":"stateward 1.0 alpha","message":"0/1 passed","color":"yellow"}`},
		"narrowed":           {narrowed, "", `{"schemaVersion":1,"label":"stateward 1.0","message":"partial","color":"yellow"}`},
		"what it left out":   {narrowed, "beta", `{"schemaVersion":1,"label":"stateward 1.0 beta","message":"0/2 passed","color":"yellow"}`},
		"invalid":            {invalid, "", `{"schemaVersion":1,"label":"stateward 1.0","message":"invalid","color":"lightgrey","isError":true}`},
		"a profile of that":  {invalid, "beta", `{"schemaVersion":1,"label":"stateward 1.0 beta","message":"invalid","color":"lightgrey","isError":true}`},
		"a profile it lacks": {whole(), "gamma", ""},
	} {
		got, err := report.Badge(report.New(test.run), test.profile)
		if strings.TrimSpace(string(got)) != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}
