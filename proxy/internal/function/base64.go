package function

import (
	"encoding/base64"

	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// commanding is a message on the stream of an entity, of whatever kind.
type commanding interface{ GetCommand() *entityv1.Command }

// inBase64 writes each value in bytes among the metadata of the message's command as
// text (DIA-META-001). The message must be the caller's own.
func inBase64(message proto.Message) {
	var metadata *entityv1.Metadata
	switch m := message.(type) {
	case *actionv1.ActionCommand:
		metadata = m.GetMetadata()
	case commanding:
		metadata = m.GetCommand().GetMetadata()
	}
	for _, entry := range metadata.GetEntries() {
		if value, ok := entry.GetValue().(*entityv1.MetadataEntry_BytesValue); ok {
			entry.Value = &entityv1.MetadataEntry_StringValue{StringValue: base64.StdEncoding.EncodeToString(value.BytesValue)}
		}
	}
}
