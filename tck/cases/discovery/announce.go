package discovery

import (
	"context"
	"fmt"
	"strings"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/peer"
)

// Announce returns the step that makes a connection of the case's own and calls
// Discover there, as a proxy that has these capabilities. Those that the function has
// too are in force on that connection (DISC-CAP-005), which the lines behind the step
// use.
func Announce(capabilities ...discoveryv1.Capability) engine.Step {
	note := ""
	if len(capabilities) > 0 {
		note = "announcing " + names(capabilities)
	}
	return announce{ask{announcing(capabilities...), note}}
}

type announce struct{ ask }

func (s announce) Describe() string { return "→a connection of its own, " + s.ask.Describe() }

func (s announce) Perform(ctx context.Context, stage *engine.Stage) error {
	if err := stage.Connect(); err != nil {
		return err
	}
	return s.ask.Perform(ctx, stage)
}

// announcing is the question of a proxy that has these capabilities.
func announcing(capabilities ...discoveryv1.Capability) *discoveryv1.DiscoverRequest {
	question := peer.Question()
	question.Capabilities = capabilities
	return question
}

// names are the profiles of capabilities.
func names(capabilities []discoveryv1.Capability) string {
	all := make([]string, len(capabilities))
	for i, capability := range capabilities {
		all[i] = ProfileOf(capability)
	}
	return strings.Join(all, ", ")
}

// ProfileOf returns the profile that a capability shows, such as "multiplexed-stream";
// of one that the protocol does not have, its number.
func ProfileOf(capability discoveryv1.Capability) string {
	name, known := discoveryv1.Capability_name[int32(capability)]
	if !known || capability == discoveryv1.Capability_CAPABILITY_UNSPECIFIED {
		return fmt.Sprintf("capability-%d", capability)
	}
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "CAPABILITY_")), "_", "-")
}
