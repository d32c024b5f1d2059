package header

import (
	"encoding/base64"
	"net/http"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/stateward/stateward/proxy/internal/fault"
)

// FromHTTP returns what gRPC would make of a request's headers: the keys in lower case,
// the values of one key in their order, and those of a key that ends in [Binary] decoded,
// each an entry of its own (META-ENTRY-001, META-ENTRY-003). Headers of the transport are
// left out, those that `connection` names among them (HTTP-META-002). An error is of the
// kind fault.Invalid, and names the header (HTTP-META-001).
func FromHTTP(headers http.Header) (metadata.MD, error) {
	hops := hops(headers)
	md := make(metadata.MD, len(headers))
	for name, values := range headers {
		key := strings.ToLower(name)
		switch {
		case IsTransport(key) || hops[key]:
		case strings.HasSuffix(key, Binary):
			decoded, err := decode(key, values)
			if err != nil {
				return nil, err
			}
			md[key] = decoded
		default:
			md[key] = values
		}
	}
	return md, nil
}

// hops returns the names that the header `connection` has, in lower case.
func hops(headers http.Header) map[string]bool {
	named := map[string]bool{}
	for _, value := range headers["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			named[strings.ToLower(strings.TrimSpace(name))] = true
		}
	}
	return named
}

// decode returns the values of a header in base64, several of which may stand in one line.
func decode(key string, lines []string) ([]string, error) {
	var values []string
	for _, line := range lines {
		for value := range strings.SplitSeq(line, ",") {
			decoded, err := unbase64(strings.TrimSpace(value))
			if err != nil {
				return nil, fault.New(fault.Invalid, "the header %q is not base64, which its name promises: %w", key, err)
			}
			values = append(values, string(decoded))
		}
	}
	return values, nil
}

// unbase64 takes base64 with or without padding.
func unbase64(text string) ([]byte, error) {
	if len(text)%4 == 0 {
		return base64.StdEncoding.DecodeString(text)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// ToHTTP adds the metadata of a reply to the headers of a response, but for what belongs
// to the HTTP server (HTTP-META-003). The keys are in lower case.
func ToHTTP(reply metadata.MD, headers http.Header) {
	for key, values := range reply {
		if isServers(key) {
			continue
		}
		for _, value := range values {
			if strings.HasSuffix(key, Binary) {
				value = base64.RawStdEncoding.EncodeToString([]byte(value))
			}
			headers.Add(key, value)
		}
	}
}

// isServers reports whether an HTTP server alone sends the header.
func isServers(key string) bool {
	switch key {
	case "date", "server", "allow":
		return true
	default:
		return strings.HasPrefix(key, "access-control-")
	}
}

// SizeOf returns how many bytes the keys and the values have together.
func SizeOf(md metadata.MD) int {
	size := 0
	for key, values := range md {
		for _, value := range values {
			size += len(key) + len(value)
		}
	}
	return size
}
