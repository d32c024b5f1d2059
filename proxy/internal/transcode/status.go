package transcode

import (
	"encoding/base64"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
)

// printStatus prints the status as a google.rpc.Status (HTTP-ERROR-001).
func printStatus(s *status.Status, files *protoregistry.Files) []byte {
	out := append([]byte(`{"code":`), strconv.Itoa(int(s.Code()))...)
	out = append(out, `,"message":`...)
	out = appendString(out, strings.ToValidUTF8(s.Message(), "\uFFFD"))
	out = append(out, `,"details":[`...)
	for i, detail := range s.Proto().GetDetails() {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendDetail(out, detail, files)
	}
	return append(out, "]}"...)
}

// appendDetail appends a detail as the JSON of google.protobuf.Any (HTTP-ERROR-004), or
// its bytes in base64 where it cannot be so printed (HTTP-ERROR-005).
func appendDetail(to []byte, detail *anypb.Any, files *protoregistry.Files) []byte {
	p := newPrinter(to, detailTypes{dynamicpb.NewTypes(files)})
	if detail.GetTypeUrl() != "" && p.any(detail.GetTypeUrl(), detail.GetValue()) == nil {
		return p.out
	}
	to = append(to, `{"`+anyType+`":`...)
	to = appendString(to, strings.ToValidUTF8(detail.GetTypeUrl(), "\uFFFD"))
	to = append(to, `,"`+anyValue+`":"`...)
	to = base64.StdEncoding.AppendEncode(to, detail.GetValue())
	return append(to, `"}`...)
}

// detailTypes finds the types of details: the function's own, and those of
// google/rpc/error_details.proto.
type detailTypes struct{ *dynamicpb.Types }

// FindMessageByURL finds the type in the function's files first.
func (t detailTypes) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	if found, err := t.Types.FindMessageByURL(url); err == nil {
		return found, nil
	}
	found, err := protoregistry.GlobalTypes.FindMessageByURL(url)
	if err == nil && found.Descriptor().ParentFile() != errdetails.File_google_rpc_error_details_proto {
		return nil, protoregistry.NotFound
	}
	return found, err
}
