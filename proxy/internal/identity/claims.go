package identity

import (
	"strings"

	"github.com/go-jose/go-jose/v4/jwt"
)

// claims are what a token says.
type claims struct {
	registered jwt.Claims
	all        map[string]any
}

// at returns the value at the path: the claim of that very name, which may have dots in
// it, or else the one that the parts between dots lead to.
func (c *claims) at(path string) (any, bool) {
	if value, ok := c.all[path]; ok {
		return value, true
	}
	var value any = c.all
	for part := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[part]; !ok {
			return nil, false
		}
	}
	return value, true
}

// text returns the text at the path.
func (c *claims) text(path string) (string, bool) {
	value, _ := c.at(path)
	text, ok := value.(string)
	return text, ok && text != ""
}

// texts returns the list of texts at the path, or the words of the one text there, as
// scope has them. Where there is nothing it is an empty list; false says that there is
// something else.
func (c *claims) texts(path string) ([]string, bool) {
	value, _ := c.at(path)
	switch value := value.(type) {
	case nil:
		return nil, true
	case string:
		return strings.Fields(value), true
	case []any:
		texts := make([]string, len(value))
		for i, one := range value {
			text, ok := one.(string)
			if !ok {
				return nil, false
			}
			texts[i] = text
		}
		return texts, true
	default:
		return nil, false
	}
}
