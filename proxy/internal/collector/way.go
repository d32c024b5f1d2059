package collector

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// The protocols, by the words of OTEL_EXPORTER_OTLP_PROTOCOL.
const (
	protocolGRPC = "grpc"
	protocolHTTP = "http/protobuf"
)

// Way is how a collector is reached, and what it is sent. The zero Way leads nowhere.
type Way struct {
	// Traces and Metrics say what is sent.
	Traces, Metrics bool
	// Endpoint is the collector's URL; empty where the OTEL variables say.
	Endpoint string
	// Protocol is grpc or http/protobuf.
	Protocol string
	// Ratio is of how many calls without a trace one begins (META-TRACE-005): none with
	// 0, each with 1.
	Ratio float64
	// Queue is how many spans may wait; 0 is the standard.
	Queue int
}

// queue is how many spans may wait.
func (w Way) queue() int {
	if w.Queue > 0 {
		return w.Queue
	}
	return maxSpans
}

// Find finds the way by the proxy's own settings, and by the standard variables of
// OpenTelemetry where those say nothing. The endpoint is one that
// CheckEndpoint takes, and ratio negative
// where it was not set. Lookup is os.Getenv. An error names the variable, and what it may
// say. Further variables, such as OTEL_EXPORTER_OTLP_HEADERS, are read on the way.
func Find(endpoint string, ratio float64, lookup func(string) string) (Way, error) {
	if disabled, _ := strconv.ParseBool(lookup("OTEL_SDK_DISABLED")); disabled {
		return Way{}, nil
	}
	way := Way{Endpoint: endpoint, Protocol: lookup("OTEL_EXPORTER_OTLP_PROTOCOL"), Ratio: ratio}
	var wrong []error
	refuse := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	if way.Protocol == "" {
		way.Protocol = protocolGRPC
	}
	if way.Protocol != protocolGRPC && way.Protocol != protocolHTTP {
		refuse(fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is neither %s nor %s", way.Protocol, protocolGRPC, protocolHTTP))
	}
	var err error
	way.Traces, err = sends("TRACES", endpoint, lookup)
	refuse(err)
	way.Metrics, err = sends("METRICS", endpoint, lookup)
	refuse(err)
	if ratio < 0 {
		way.Ratio, err = sampled(lookup)
		refuse(err)
	}
	if size := lookup("OTEL_BSP_MAX_QUEUE_SIZE"); size != "" {
		if way.Queue, err = strconv.Atoi(size); err != nil || way.Queue <= 0 {
			refuse(fmt.Errorf("OTEL_BSP_MAX_QUEUE_SIZE: %q is no number above 0", size))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return Way{}, err
	}
	return way, nil
}

// CheckEndpoint returns what is wrong with an endpoint, which may be empty. It tells
// nothing of a password.
func CheckEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	parsed, err := url.Parse(endpoint)
	switch {
	case err == nil && parsed.User != nil:
		return errors.New("a URL with a name or a password in it is not taken: put what the collector asks for into OTEL_EXPORTER_OTLP_HEADERS")
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("this is no URL such as http://127.0.0.1:4317")
	}
	return nil
}

// sends reports whether the signal is sent: there is an endpoint, or the variable of the
// exporter asks for one.
func sends(signal, endpoint string, lookup func(string) string) (bool, error) {
	name := "OTEL_" + signal + "_EXPORTER"
	switch exporter := lookup(name); exporter {
	case "none":
		return false, nil
	case "otlp":
		return true, nil
	case "":
		return endpoint != "" || lookup("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || lookup("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != "", nil
	default:
		return false, fmt.Errorf("%s: %q is neither otlp nor none", name, exporter)
	}
}

// sampled returns of how many calls without a trace one begins, by OTEL_TRACES_SAMPLER:
// none where that says nothing, since nobody has asked for any (META-TRACE-005).
func sampled(lookup func(string) string) (float64, error) {
	switch sampler := strings.TrimPrefix(lookup("OTEL_TRACES_SAMPLER"), "parentbased_"); sampler {
	case "", "always_off":
		return 0, nil
	case "always_on":
		return 1, nil
	case "traceidratio":
		argument := lookup("OTEL_TRACES_SAMPLER_ARG")
		ratio, err := strconv.ParseFloat(argument, 64)
		if err != nil || !(ratio >= 0 && ratio <= 1) {
			return 0, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG: %q is no number from 0 to 1", argument)
		}
		return ratio, nil
	default:
		return 0, fmt.Errorf("OTEL_TRACES_SAMPLER: %q is none of always_on, always_off and traceidratio, with or without parentbased_", sampler)
	}
}
