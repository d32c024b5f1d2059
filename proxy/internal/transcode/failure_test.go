package transcode_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/stateward/stateward/proxy/internal/transcode"
)

// TestStatus covers HTTP-STATUS-001, and what a caller makes of a status that has no
// body.
func TestStatus(t *testing.T) {
	t.Parallel()
	want := []int{200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	for code, want := range want {
		if got := transcode.Status(codes.Code(code)); got != want {
			t.Errorf("%v is %d, want %d", codes.Code(code), got, want)
		}
	}
	if got := transcode.Status(17); got != 500 {
		t.Errorf("17 is %d", got)
	}
	for httpStatus, want := range map[int]codes.Code{
		200: 0, 400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 501: 12, 408: 4, 504: 4, 409: 10, 413: 8, 414: 8, 429: 8, 431: 8, 415: 3, 499: 1, 502: 14, 503: 14, 500: 2, 418: 2, 301: 2,
	} {
		if got := transcode.Code(httpStatus); got != want {
			t.Errorf("%d is %v, want %v", httpStatus, got, want)
		}
	}
}

// TestRefusals covers HTTP-STATUS-002, HTTP-ERROR-001 and HTTP-PATH-010.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for httpStatus, code := range map[int]string{400: "3", 404: "5", 405: "12", 408: "4", 413: "8", 414: "8", 415: "3", 431: "8", 501: "12"} {
		failure := transcode.Fail(transcode.Refuse(httpStatus, "no %s", "tea"), nil)
		if failure.Status != httpStatus || string(failure.Body) != `{"code":`+code+`,"message":"no tea","details":[]}` || failure.RetryAfter != "" || failure.Allow != nil {
			t.Errorf("%d is %+v, %s", httpStatus, failure, failure.Body)
		}
	}
	_, _, err := transcode.Find(shop(t).Routes(), "PUT", "/carts/c1")
	if failure := transcode.Fail(err, nil); failure.Status != http.StatusMethodNotAllowed || !slices.Equal(failure.Allow, []string{"GET"}) {
		t.Errorf("got %+v", failure)
	}
}

func pack(t *testing.T, m proto.Message) *anypb.Any {
	t.Helper()
	packed, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// TestFailure covers HTTP-ERROR-001, HTTP-ERROR-002, HTTP-ERROR-004, HTTP-ERROR-005 and HTTP-ERROR-006,
// with the two errors that the chapter shows.
func TestFailure(t *testing.T) {
	t.Parallel()
	files := shop(t).Files()
	retry := func(seconds int64, nanos int32) *anypb.Any {
		return pack(t, &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: seconds, Nanos: nanos}})
	}
	held := func(url, value string) *anypb.Any { return &anypb.Any{TypeUrl: url, Value: []byte(value)} }
	const details = `{"code":9,"message":"sold out","details":[`
	tests := map[string]struct {
		code       codes.Code
		text       string
		details    []*anypb.Any
		status     int
		retryAfter string
		body       string
	}{
		"the chapter's": {codes.NotFound, "no p9 in the cart", nil, 404, "", `{"code":5,"message":"no p9 in the cart","details":[]}`},
		"the chapter's, to call again": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{retry(1, 500_000_000)},
			400, "2",
			details + `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}`,
		},
		"no text":  {codes.Unavailable, "", nil, 503, "", `{"code":14,"message":"","details":[]}`},
		"any text": {codes.Unknown, "\"\n\xff", nil, 500, "", `{"code":2,"message":"\"\n` + "\uFFFD" + `","details":[]}`},
		"the first of several": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{retry(3, 0), retry(9, 0)},
			400, "3",
			details + `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"9s"}]}`,
		},
		"the first has none": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{pack(t, new(errdetails.RetryInfo)), retry(9, 0)},
			400, "",
			details + `{"@type":"type.googleapis.com/google.rpc.RetryInfo"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"9s"}]}`,
		},
		"a delay of less than a second": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{retry(0, 1)},
			400, "1",
			details + `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.000000001s"}]}`,
		},
		"a delay that has passed": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{retry(-1, -1)},
			400, "",
			details + `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"-1.000000001s"}]}`,
		},
		"a delay that is none": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{held("x/google.rpc.RetryInfo", "\xff")},
			400, "",
			details + `{"@type":"x/google.rpc.RetryInfo","value":"/w=="}]}`,
		},
		"types of the function, unknown ones, and what is none, in their order": {
			codes.FailedPrecondition, "sold out",
			[]*anypb.Any{
				held("x/test.shop.v1.LineItem", "\x12\x01a"), held("x/nothing.Known", "\x00\xff"), held("x/test.shop.v1.LineItem", "\xff"),
				held("", ""), held("\xff", ""), held("x/google.protobuf.Duration", "\x08\x01"), held("x/google.protobuf.Duration", "\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
				held("x/test.shop.v1.Everything", "\xaa\x02\x04\x0a\x02/y"), pack(t, &errdetails.ErrorInfo{Reason: "R", Metadata: map[string]string{"b": "1", "a": "2"}}),
				held("x/stateward.entity.v1.Failure", ""),
			},
			400, "",
			details + `{"@type":"x/test.shop.v1.LineItem","productId":"","name":"a","quantity":0},{"@type":"x/nothing.Known","value":"AP8="},{"@type":"x/test.shop.v1.LineItem","value":"/w=="},` +
				`{"@type":"","value":""},{"@type":"` + "\uFFFD" + `","value":""},{"@type":"x/google.protobuf.Duration","value":"1s"},{"@type":"x/google.protobuf.Duration","value":"CAEQ////////////AQ=="},` +
				`{"@type":"x/test.shop.v1.Everything","value":"qgIECgIveQ=="},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"R","domain":"","metadata":{"a":"2","b":"1"}},` +
				`{"@type":"x/stateward.entity.v1.Failure","value":""}]}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := status.FromProto(&spb.Status{Code: int32(test.code), Message: test.text, Details: test.details}).Err()
			got := transcode.Fail(err, files)
			if got.Status != test.status || got.RetryAfter != test.retryAfter || string(got.Body) != test.body {
				t.Errorf("got %d, %q,\n%s\nwant %d, %q,\n%s", got.Status, got.RetryAfter, got.Body, test.status, test.retryAfter, test.body)
			}
		})
	}
	if failure := transcode.Fail(errors.New("a defect"), nil); failure.Status != 500 || !strings.Contains(string(failure.Body), `"code":2`) {
		t.Errorf("an error of no kind is %+v", failure)
	}
}
