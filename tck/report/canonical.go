package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
)

// digest names a report's content: "sha256:" and the hex digest of its
// canonical JSON, its own digest left out.
func digest(r *tckv1.Report) string {
	body := proto.CloneOf(r)
	body.Digest = ""
	sum := sha256.Sum256(canonical(body))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// canonical is the message's protobuf JSON in the form of RFC 8785: names
// ordered, no white space, as few escapes as can be. It is the same in every
// language, which protobuf's binary form is not. All names are ASCII and all
// numbers are 32-bit integers, so that the order of bytes and plain digits do.
func canonical(message proto.Message) []byte {
	text, err := protojson.Marshal(message)
	if err != nil {
		panic(fmt.Sprintf("a report holds text that is not UTF-8: %v", err)) // New and protobuf's decoders see to it
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		panic(fmt.Sprintf("protojson wrote what is no JSON: %v", err))
	}
	return appendJSON(nil, value)
}

func appendJSON(out []byte, value any) []byte {
	switch value := value.(type) {
	case map[string]any:
		return appendObject(out, value)
	case []any:
		out = append(out, '[')
		for i, element := range value {
			out = appendComma(out, i)
			out = appendJSON(out, element)
		}
		return append(out, ']')
	case string:
		return appendString(out, value)
	default: // json.Number, bool or nil
		return fmt.Append(out, value)
	}
}

func appendObject(out []byte, object map[string]any) []byte {
	out = append(out, '{')
	for i, name := range slices.Sorted(maps.Keys(object)) {
		out = appendComma(out, i)
		out = append(appendString(out, name), ':')
		out = appendJSON(out, object[name])
	}
	return append(out, '}')
}

func appendComma(out []byte, index int) []byte {
	if index > 0 {
		return append(out, ',')
	}
	return out
}

// appendString escapes what JSON demands and nothing else; encoding/json
// escapes more.
func appendString(out []byte, text string) []byte {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	out = append(out, '"')
	for _, r := range text {
		escape, known := short[r]
		switch {
		case known:
			out = append(out, escape...)
		case r < ' ':
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, string(r)...)
		}
	}
	return append(out, '"')
}
