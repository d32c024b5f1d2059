package admin

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// size returns how many a page may have: what was asked for, within what is allowed.
func size(asked int32, standard, most int) (int, error) {
	switch {
	case asked < 0:
		return 0, fault.New(fault.Invalid, "page_size is %d: give a number up to %d, or none for %d", asked, most, standard)
	case asked == 0:
		return standard, nil
	default:
		return min(int(asked), most), nil
	}
}

// token makes a place in a list one that can be sent.
func token(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// placeOf is the inverse of token.
func placeOf(token string) (string, error) {
	place, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", badToken(token)
	}
	return string(place), nil
}

func badToken(token string) error {
	return fault.New(fault.Invalid, "%q is no page token: give the next_page_token of the page before, or none", token)
}

// entityToken is the token of what stands behind the entity.
func entityToken(id entity.ID) string { return token(id.Service + "\n" + id.Entity) }

// entityPlace is the inverse of entityToken; no entity for no token.
func entityPlace(text string) (entity.ID, error) {
	place, err := placeOf(text)
	service, key, whole := strings.Cut(place, "\n")
	if err != nil || text != "" && !whole {
		return entity.ID{}, badToken(text)
	}
	return entity.ID{Service: service, Entity: key}, nil
}

// numberPlace returns the number that is in the token; the standard for no token.
func numberPlace(text string, standard int64) (int64, error) {
	if text == "" {
		return standard, nil
	}
	place, err := placeOf(text)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(place, 10, 64)
	if err != nil || n < 0 {
		return 0, badToken(text)
	}
	return n, nil
}

func numberToken(n int64) string { return token(strconv.FormatInt(n, 10)) }

// text returns what can be sent of a text that may hold any bytes.
func text(foreign string) string { return strings.ToValidUTF8(foreign, "\uFFFD") }
