package entity_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

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
		refusal, lost := entity.NewFailure(&entityv1.Failure{Description: "não há chá", Code: given})
		got := status.Convert(refusal)
		if got.Code() != want || got.Message() != "não há chá" || lost != nil {
			t.Errorf("code %d: caller gets %v %q, less %v, want %v with the description", given, got.Code(), got.Message(), lost, want)
		}
	}
}

// CORE-LIMIT-014: a description is cut between two characters, and only where it is too long.
func TestFailureDescription(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", entity.MaxDescription)
	for given, want := range map[string]string{
		long:                   long,
		long + "a":             long,
		long[1:] + "ü":         long[1:],
		long[2:] + "ü":         long[2:] + "ü",
		long[3:] + "€":         long[3:] + "€",
		long[1:] + "€" + "tea": long[1:],
	} {
		refusal, lost := entity.NewFailure(&entityv1.Failure{Description: given})
		if got := status.Convert(refusal).Message(); got != want || (len(lost) == 1) != (given != want) {
			t.Errorf("of %d bytes the caller gets %d, and %v is told", len(given), len(got), lost)
		}
		if len(lost) == 1 && lost[0].Requirement != "CORE-LIMIT-014" {
			t.Errorf("the function is told %v", lost[0])
		}
	}
}

func pack(tb testing.TB, message proto.Message) *anypb.Any {
	tb.Helper()
	packed, err := anypb.New(message)
	if err != nil {
		tb.Fatal(err)
	}
	return packed
}

// CORE-FAIL-006, CORE-FAIL-007, CORE-FAIL-008, CORE-FAIL-009: the details in their order, and behind them when to
// call again, unless they say so themselves.
func TestFailureDetails(t *testing.T) {
	t.Parallel()
	reason, soon := pack(t, &errdetails.ErrorInfo{Reason: "SOLD_OUT"}), pack(t, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	unstated := pack(t, &errdetails.RetryInfo{})
	tests := map[string]struct {
		given *entityv1.Failure
		want  []*anypb.Any
	}{
		"none":                   {&entityv1.Failure{RetryAfter: 1000}, nil},
		"in order":               {&entityv1.Failure{Details: []*anypb.Any{reason, unstated}}, []*anypb.Any{reason, unstated}},
		"retryable":              {&entityv1.Failure{Details: []*anypb.Any{reason}, Retryable: true, RetryAfter: 1000}, []*anypb.Any{reason, soon}},
		"retryable, some time":   {&entityv1.Failure{Retryable: true}, []*anypb.Any{unstated}},
		"retryable, in the past": {&entityv1.Failure{Retryable: true, RetryAfter: -1}, []*anypb.Any{unstated}},
		"retryable, by details":  {&entityv1.Failure{Details: []*anypb.Any{soon}, Retryable: true, RetryAfter: 7}, []*anypb.Any{soon}},
		"retryable, for ever": {
			&entityv1.Failure{Retryable: true, RetryAfter: math.MaxInt64},
			[]*anypb.Any{pack(t, &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: 9223372036, Nanos: 854000000}})},
		},
	}
	for name, test := range tests {
		refusal, lost := entity.NewFailure(test.given)
		if diff := cmp.Diff(test.want, status.Convert(refusal).Proto().GetDetails(), protocmp.Transform()); diff != "" || lost != nil {
			t.Errorf("%s: less %v (-want +got)\n%s", name, lost, diff)
		}
	}
}

// CORE-LIMIT-015: details that are too large are left out, all of them; that the call
// may be made again counts, and is still said.
func TestFailureDetailsTooLarge(t *testing.T) {
	t.Parallel()
	retry := pack(t, &errdetails.RetryInfo{})
	around := 2 + proto.Size(retry) + 2 + 6 // the code, the other detail, and what stands around both
	for size, want := range map[int]int{entity.MaxStatus - around: 2, entity.MaxStatus - around + 1: 1} {
		detail := &anypb.Any{Value: make([]byte, size)}
		refusal, lost := entity.NewFailure(&entityv1.Failure{Code: 9, Details: []*anypb.Any{detail}, Retryable: true})
		if got := status.Convert(refusal).Proto().GetDetails(); len(got) != want || (lost == nil) != (want == 2) {
			t.Errorf("%d bytes: %d details, and %v is told", size, len(got), lost)
		}
		if len(lost) == 1 && lost[0].Requirement != "CORE-LIMIT-015" {
			t.Errorf("the function is told %v", lost[0])
		}
	}
}

func TestIsOf(t *testing.T) {
	t.Parallel()
	for typeURL, want := range map[string]bool{
		"type.googleapis.com/shop.Cart": true,
		"/shop.Cart":                    true,
		"a/b/shop.Cart":                 true,
		"shop.Cart":                     false,
		"t/my.shop.Cart":                false,
		"t/shop.Cart/":                  false,
		"":                              false,
	} {
		if got := entity.IsOf(&anypb.Any{TypeUrl: typeURL}, "shop.Cart"); got != want {
			t.Errorf("%q: %t", typeURL, got)
		}
	}
	if entity.IsOf(nil, "shop.Cart") {
		t.Error("nothing is of a type")
	}
}
