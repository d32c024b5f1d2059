package entity

import (
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// PassivationName returns the reason as logs and metrics have it: "idle", "limit",
// "rebalance", "shutdown" or "drain".
func PassivationName(reason entityv1.PassivationReason) string {
	return strings.ToLower(strings.TrimPrefix(reason.String(), "PASSIVATION_REASON_"))
}
