package inspect_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/inspect"
)

// TestJSONOfWhatTheLibraryCannotRead has an entry of a map with its key a second time, in
// another wire format: it is not shown, and ends nothing.
func TestJSONOfWhatTheLibraryCannotRead(t *testing.T) {
	t.Parallel()
	payload := &anypb.Any{
		TypeUrl: "type.googleapis.com/shop.Item",
		Value:   []byte("\x22\x0b\x0a\x09\x0a\x01a\x08\x01\x12\x02\x08\x00"),
	}
	if shown, err := inspect.New(files(t)).JSON(payload); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("it is shown as %v, %v", shown, err)
	}
}
