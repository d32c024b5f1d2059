package entity

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"
)

// Aliases has the names of today of stored types that were renamed, by those under
// which they are stored. The zero value has none.
type Aliases map[string]string

// Sent returns the stored payload as the function is sent it: with the name of today
// behind the last "/" of its type URL, and otherwise byte for byte (DISC-ALIAS-002).
// What is stored is not changed: a payload under another name is a new one, which
// shares its bytes.
func (a Aliases) Sent(stored *anypb.Any) *anypb.Any {
	if len(a) == 0 || stored == nil {
		return stored
	}
	url := stored.GetTypeUrl()
	slash := strings.LastIndexByte(url, '/')
	name, renamed := a[url[slash+1:]]
	if slash < 0 || !renamed {
		return stored
	}
	return &anypb.Any{TypeUrl: url[:slash+1] + name, Value: stored.GetValue()}
}
