package mutant

import (
	"fmt"

	"github.com/stateward/stateward/tck/report"
)

// Profiles returns the profiles that the model shows, in order: what a test declares
// that wants to see it conform.
func Profiles() []string {
	answer, err := specification()
	if err != nil {
		panic(fmt.Sprintf("the model, which is part of this binary, cannot be described: %v", err))
	}
	return report.Function("", answer).GetProfiles()
}
