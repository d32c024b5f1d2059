package scenario_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
)

var functions = flag.String("functions", "", "the carts to drive, as LANGUAGE=COMMAND,… or, in containers, LANGUAGE=IMAGE,…; empty: Go's, built here")

// eachCart has the test visit the cart of every language, each with a proxy of its
// own, and some of them at once.
func eachCart(t *testing.T, use func(*testing.T, *site)) {
	t.Helper()
	if *functions == "" {
		use(t, open(t, setup{}))
		return
	}
	for language, program := range carts(t) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			use(t, open(t, setup{program: program}))
		})
	}
}

// carts are the carts of -functions: what starts each, by its language.
func carts(t *testing.T) map[string]string {
	t.Helper()
	carts := map[string]string{}
	for pair := range strings.SplitSeq(*functions, ",") {
		language, program, found := strings.Cut(pair, "=")
		if !found || language == "" || strings.TrimSpace(program) == "" || carts[language] != "" {
			t.Fatalf("-functions %s: there is no LANGUAGE=COMMAND in %q, or it is there twice", *functions, pair)
		}
		carts[language] = program
	}
	return carts
}

// command is what starts a function as a process.
func (s setup) command(folder string) []string {
	if s.program == "" {
		return []string{filepath.Join(folder, s.sample)}
	}
	return strings.Fields(s.program)
}
