package promql

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// dashboard is what we read of a file for Grafana.
type dashboard struct {
	Panels     []panel `json:"panels"`
	Templating struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query any    `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

type panel struct {
	ID          int     `json:"id"`
	Title       string  `json:"title"`
	Type        string  `json:"type"`
	Description string  `json:"description"`
	Panels      []panel `json:"panels"`
	Targets     []struct {
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
	} `json:"targets"`
}

// variables stand for what a person has chosen, and for what Grafana sets.
var variables = strings.NewReplacer(
	"$__rate_interval", "1m", "$instance", ".*", "${instance}", ".*",
)

// ofDashboard returns the queries of a file for Grafana.
func ofDashboard(path string) ([]query, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var read dashboard
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var queries []query
	ids := map[int]string{}
	var walk func(panels []panel) error
	walk = func(panels []panel) error {
		for _, p := range panels {
			if other, twice := ids[p.ID]; twice {
				return fmt.Errorf("%s: %q and %q have one id", path, other, p.Title)
			}
			ids[p.ID] = p.Title
			if len(p.Targets) == 0 && p.Type != "row" && p.Type != "text" {
				return fmt.Errorf("%s: %q asks nothing", path, p.Title)
			}
			for _, target := range p.Targets {
				text := variables.Replace(target.Expr)
				if strings.Contains(text, "$") {
					return fmt.Errorf("%s: %q uses a variable that there is not: %s", path, p.Title, text)
				}
				queries = append(queries, query{name: p.Title, text: text, shown: references(target.LegendFormat)})
			}
			if err := walk(p.Panels); err != nil {
				return err
			}
		}
		return nil
	}
	return queries, walk(read.Panels)
}

// ofRules returns the queries of a file of rules for Prometheus, and the rules.
func ofRules(path string) ([]query, []rulefmt.Rule, error) {
	groups, wrong := rulefmt.ParseFile(path, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(wrong) > 0 {
		return nil, nil, errors.Join(wrong...)
	}
	var queries []query
	var rules []rulefmt.Rule
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				return nil, nil, fmt.Errorf("%s: %q lacks a name, a severity, a summary or a description", path, rule.Alert+rule.Record)
			}
			shown := references(rule.Annotations["summary"] + rule.Annotations["description"])
			queries = append(queries, query{name: rule.Alert, text: rule.Expr, shown: shown, alert: true})
			rules = append(rules, rule)
		}
	}
	return queries, rules, nil
}
