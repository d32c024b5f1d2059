package collector

import (
	"strings"
	"testing"
)

// TestFind covers META-TRACE-005: nothing begins a trace that was not asked to.
func TestFind(t *testing.T) {
	t.Parallel()
	const endpoint = "http://127.0.0.1:4317"
	both := Way{Traces: true, Metrics: true, Protocol: "grpc"}
	own := both
	own.Endpoint = endpoint
	half := own
	half.Ratio = 0.5
	tenth, all, http, queue := both, both, both, both
	tenth.Ratio, all.Ratio, http.Protocol, queue.Queue = 0.1, 1, "http/protobuf", 7
	for name, c := range map[string]struct {
		endpoint string
		ratio    float64
		env      string // NAME=value, with spaces between
		want     Way
		wrong    string // a part of the error
	}{
		"nothing":              {ratio: -1, want: Way{Protocol: "grpc"}},
		"an endpoint":          {endpoint: endpoint, ratio: -1, want: own},
		"a ratio":              {endpoint: endpoint, ratio: 0.5, want: half},
		"the standard's":       {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", want: both},
		"one signal":           {ratio: -1, env: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:4317", want: Way{Traces: true, Protocol: "grpc"}},
		"none of one":          {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_METRICS_EXPORTER=none", want: Way{Traces: true, Protocol: "grpc"}},
		"by exporter alone":    {ratio: -1, env: "OTEL_TRACES_EXPORTER=otlp", want: Way{Traces: true, Protocol: "grpc"}},
		"disabled":             {endpoint: endpoint, ratio: 1, env: "OTEL_SDK_DISABLED=true", want: Way{}},
		"over HTTP":            {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", want: http},
		"a queue":              {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_BSP_MAX_QUEUE_SIZE=7", want: queue},
		"sampled always":       {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_SAMPLER=parentbased_always_on", want: all},
		"sampled never":        {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_SAMPLER=always_off", want: both},
		"sampled by ratio":     {ratio: -1, env: "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317 OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.1", want: tenth},
		"own ratio first":      {endpoint: endpoint, ratio: 0.5, env: "OTEL_TRACES_SAMPLER=always_on", want: half},
		"another protocol":     {ratio: -1, env: "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", wrong: "OTEL_EXPORTER_OTLP_PROTOCOL"},
		"another exporter":     {ratio: -1, env: "OTEL_METRICS_EXPORTER=prometheus", wrong: "OTEL_METRICS_EXPORTER"},
		"another sampler":      {ratio: -1, env: "OTEL_TRACES_SAMPLER=jaeger_remote", wrong: "OTEL_TRACES_SAMPLER"},
		"no ratio":             {ratio: -1, env: "OTEL_TRACES_SAMPLER=traceidratio", wrong: "OTEL_TRACES_SAMPLER_ARG"},
		"too large a ratio":    {ratio: -1, env: "OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=NaN", wrong: "OTEL_TRACES_SAMPLER_ARG"},
		"a queue without room": {ratio: -1, env: "OTEL_BSP_MAX_QUEUE_SIZE=0", wrong: "OTEL_BSP_MAX_QUEUE_SIZE"},
	} {
		env := map[string]string{}
		for variable := range strings.FieldsSeq(c.env) {
			key, value, _ := strings.Cut(variable, "=")
			env[key] = value
		}
		got, err := Find(c.endpoint, c.ratio, func(key string) string { return env[key] })
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: %v, want an error about %s", name, err, c.wrong)
		case got != c.want:
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	for endpoint, wrong := range map[string]string{
		"": "", "http://127.0.0.1:4317": "", "https://collector/otlp": "",
		"127.0.0.1:4317": "no URL", "ftp://c": "no URL", "http://": "no URL",
		"http://me:secret@c:4317": "OTEL_EXPORTER_OTLP_HEADERS",
	} {
		err := CheckEndpoint(endpoint)
		if (err == nil) != (wrong == "") || err != nil && (!strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %v, want %q", endpoint, err, wrong)
		}
	}
}
