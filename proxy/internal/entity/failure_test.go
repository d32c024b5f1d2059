package entity_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// CORE-FAIL-003: the domain's code where it is one of gRPC's, else UNKNOWN.
func TestFailureCode(t *testing.T) {
	t.Parallel()
	for given, want := range map[int32]codes.Code{
		-1: codes.Unknown,
		0:  codes.Unknown,
		1:  codes.Canceled,
		9:  codes.FailedPrecondition,
		16: codes.Unauthenticated,
		17: codes.Unknown,
	} {
		err := error(entity.NewFailure(&entityv1.Failure{Description: "não há chá", Code: given}))
		got := status.Convert(err)
		if got.Code() != want || got.Message() != "não há chá" {
			t.Errorf("code %d: caller gets %v %q, want %v with the description", given, got.Code(), got.Message(), want)
		}
	}
}
