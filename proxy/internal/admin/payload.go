package admin

import (
	"google.golang.org/protobuf/types/known/anypb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/inspect"
)

// shownBytes is how many bytes are shown of a payload that cannot be read.
const shownBytes = 64 << 10

// viewer shows the payloads of one service.
type viewer struct {
	lens    *inspect.Lens
	aliases entity.Aliases
}

// payload shows what was stored; it is read by the name of today, where its type was
// renamed.
func (v viewer) payload(stored *anypb.Any) *adminv1alpha1.Payload {
	shown := &adminv1alpha1.Payload{TypeUrl: text(stored.GetTypeUrl()), Size: int64(len(stored.GetValue()))}
	read, err := v.lens.JSON(v.aliases.Sent(stored))
	if err != nil {
		shown.Problem = text(err.Error())
		shown.Bytes = stored.GetValue()[:min(len(stored.GetValue()), shownBytes)]
		return shown
	}
	shown.Json = read
	return shown
}
