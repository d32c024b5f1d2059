package defect

import (
	"bytes"

	"google.golang.org/protobuf/types/known/anypb"
)

// Misread makes of a payload what a decoder takes it for that accepts any bytes as text: it
// has "?" in place of a text whose only byte is not UTF-8.
func Misread(payload *anypb.Any) {
	if payload != nil {
		payload.Value = bytes.ReplaceAll(payload.GetValue(), []byte{1, 0xff}, []byte{1, '?'})
	}
}
