package subject_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/tck/subject"
)

// What a subject said once tells more than that it then said nothing.
func TestAwaitTellsTheTellingError(t *testing.T) {
	t.Parallel()
	silence := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	refusal := func(context.Context) error { return errors.New("refused") }
	for name, test := range map[string]struct {
		first, then func(context.Context) error
		want        string
	}{
		"refused, then silent": {refusal, silence, "refused"},
		"silent, then refused": {silence, refusal, "refused"},
		"silent":               {silence, silence, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				probe := test.first
				err := subject.Await(t.Context(), nil, 10*time.Second, func(ctx context.Context) error {
					defer func() { probe = test.then }()
					return probe(ctx)
				})
				if err == nil || !strings.Contains(err.Error(), "not ready within 10s: ") || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
			})
		})
	}
}
