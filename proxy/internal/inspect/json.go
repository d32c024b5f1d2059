package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
)

// fromJSON returns the value of one JSON text. A number that a reader could change is a
// text.
func fromJSON(text []byte) (*structpb.Value, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("its JSON is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var read any
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("it is no JSON text: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind its JSON text")
	}
	return plain(read, 0)
}

// plain returns the value of what package json has read.
func plain(read any, depth int) (*structpb.Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is deeper than %d", maxDepth)
	}
	switch read := read.(type) {
	case nil:
		return structpb.NewNullValue(), nil
	case bool:
		return structpb.NewBoolValue(read), nil
	case string:
		return structpb.NewStringValue(read), nil
	case json.Number:
		return number(read), nil
	case []any:
		list := &structpb.ListValue{Values: make([]*structpb.Value, len(read))}
		for i, one := range read {
			value, err := plain(one, depth+1)
			if err != nil {
				return nil, err
			}
			list.Values[i] = value
		}
		return structpb.NewListValue(list), nil
	case map[string]any:
		fields := make(map[string]*structpb.Value, len(read))
		for name, one := range read {
			value, err := plain(one, depth+1)
			if err != nil {
				return nil, err
			}
			fields[name] = value
		}
		return structpb.NewStructValue(&structpb.Struct{Fields: fields}), nil
	default:
		return nil, fmt.Errorf("it holds a %T", read)
	}
}

// number returns the number, as it was written where it would change.
func number(n json.Number) *structpb.Value {
	f, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), ".eE") && (f >= exact || f <= -exact) {
		return structpb.NewStringValue(n.String())
	}
	return structpb.NewNumberValue(f)
}

// printable returns the text, in which what is not UTF-8 is replaced.
func printable(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
