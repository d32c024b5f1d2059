package promql

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// query is one that stands in a file for operators.
type query struct {
	// name says where, for people.
	name string
	// text is what Prometheus is asked.
	text string
	// shown are the labels that its result is shown by.
	shown []string
	// alert says that a result is an alarm: what is compared has to be there, and not the
	// result.
	alert bool
}

// added are the labels that Prometheus adds to what a proxy says.
var added = []string{"instance", "job"}

// reference finds {{label}} and {{ $labels.label }}.
var reference = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}`)

// references returns the labels that a text shows.
func references(text string) (shown []string) {
	for _, found := range reference.FindAllStringSubmatch(text, -1) {
		shown = append(shown, found[1])
	}
	return shown
}

// check returns everything that is wrong with the query.
func (h *history) check(q query) error {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(q.text)
	if err != nil {
		return fmt.Errorf("%s: %w\n\t%s", q.name, err, q.text)
	}
	var wrong []error
	refuse := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s: %s\n\t%s", q.name, fmt.Sprintf(format, args...), q.text))
	}
	labelled := map[string]bool{} // by any metric of the query
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, is := node.(*parser.VectorSelector)
		if !is {
			return nil
		}
		names, known := h.of(selector.Name)
		if !known {
			refuse("there is no metric %q", selector.Name)
			return nil
		}
		for name := range names {
			labelled[name] = true
		}
		for _, matcher := range selector.LabelMatchers {
			if !names[matcher.Name] {
				refuse("%s has no label %q", selector.Name, matcher.Name)
			}
			if matcher.Name == "code" {
				for _, code := range strings.Split(matcher.Value, "|") {
					if !slices.Contains(codes, code) {
						refuse("%q is no code of gRPC", code)
					}
				}
			}
		}
		return nil
	})
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		var grouped []string
		switch node := node.(type) {
		case *parser.AggregateExpr:
			grouped = node.Grouping
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				grouped = append(node.VectorMatching.MatchingLabels, node.VectorMatching.Include...)
			}
		}
		for _, name := range grouped {
			if !labelled[name] {
				refuse("nothing in it has a label %q", name)
			}
		}
		return nil
	})
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	parts := []parser.Expr{expr}
	if q.alert {
		parts = compared(expr)
	}
	for _, part := range parts {
		result, err := h.ask(part.String())
		if err != nil {
			refuse("%v", err)
			continue
		}
		if !slices.ContainsFunc(result, func(s promql.Sample) bool { return !math.IsNaN(s.F) }) {
			refuse("%s gives no number", part)
			continue
		}
		for _, name := range q.shown {
			if name != "value" && result[0].Metric.Get(name) == "" {
				refuse("its result has no label %q", name)
			}
		}
	}
	return errors.Join(wrong...)
}

// compared returns what an alert compares: each is there whether it fires or not.
func compared(expr parser.Expr) []parser.Expr {
	switch expr := expr.(type) {
	case *parser.ParenExpr:
		return compared(expr.Expr)
	case *parser.NumberLiteral:
		return nil
	case *parser.BinaryExpr:
		if expr.Op.IsComparisonOperator() || expr.Op.IsSetOperator() {
			return append(compared(expr.LHS), compared(expr.RHS)...)
		}
	}
	return []parser.Expr{expr}
}

// ask returns what the query gives at the end.
func (h *history) ask(text string) (promql.Vector, error) {
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
	asked, err := engine.NewInstantQuery(context.Background(), h, nil, text, h.end)
	if err != nil {
		return nil, err
	}
	defer asked.Close()
	result := asked.Exec(context.Background())
	if result.Err != nil {
		return nil, result.Err
	}
	if scalar, is := result.Value.(promql.Scalar); is {
		return promql.Vector{{F: scalar.V, Metric: labels.EmptyLabels()}}, nil
	}
	vector, err := result.Vector()
	return slices.Clone(vector), err
}

// codes are those of gRPC, as the metrics have them.
var codes = []string{
	"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
	"ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
}
