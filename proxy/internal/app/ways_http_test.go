package app

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"connectrpc.com/connect"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
)

// codesOf is the code of a Connect client's error as one of gRPC.
func codesOf(failed *connect.Error) codes.Code { return codes.Code(failed.Code()) }

// page is what a caller by HTTP gets.
type page struct {
	Status  int
	Headers http.Header
	Body    []byte
}

// read reads a page of a call by HTTP and JSON.
func (a *answer) read(t *testing.T, p page) {
	t.Helper()
	a.hear(p.Headers)
	switch kind := p.Headers.Get("Content-Type"); {
	case p.Status != http.StatusOK:
		a.refuse(t, p.Body)
		if after := p.Headers.Get("Retry-After"); (after != "") != (a.Code == codes.Unavailable && len(a.Details) > 1) {
			t.Errorf("Retry-After is %q", after)
		}
	case kind == "application/json":
		a.take(t, p.Body, true)
	case kind == "application/x-ndjson":
		a.readLines(t, p.Body)
	case kind == "text/event-stream":
		a.readEvents(t, string(p.Body))
	default:
		t.Fatalf("%d %s %.300q", p.Status, kind, p.Body)
	}
}

// refuse notes the body of an error.
func (a *answer) refuse(t *testing.T, body []byte) {
	t.Helper()
	s := new(spb.Status)
	if err := protojson.Unmarshal(body, s); err != nil {
		t.Fatalf("%.300q: %v", body, err)
	}
	a.Code, a.Message, a.Details = codes.Code(s.GetCode()), s.GetMessage(), printed(s.GetDetails())
}

// readLines notes the lines of a stream.
func (a *answer) readLines(t *testing.T, body []byte) {
	t.Helper()
	for line := range bytes.Lines(body) {
		var said struct{ Result, Error json.RawMessage }
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if said.Error != nil {
			a.refuse(t, said.Error)
		} else {
			a.take(t, said.Result, true)
		}
	}
}

// readEvents notes the events of a stream, which has an end.
func (a *answer) readEvents(t *testing.T, body string) {
	t.Helper()
	ended := false
	for event := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		switch data := []byte(event[strings.Index(event, "data: ")+len("data: "):]); {
		case strings.HasPrefix(event, "event: failure\n"):
			a.refuse(t, data)
			ended = true
		case event == "event: end\ndata: {}":
			ended = true
		default:
			a.take(t, data, true)
		}
	}
	if !ended {
		t.Errorf("the stream %q has no end", body)
	}
}

// asked is the inquiry as a request by HTTP and JSON: by its rule, or by default.
func (c inquiry) asked(rules bool) (method, path, body string) {
	method, path, body = http.MethodPost, c.path, c.request
	if rules && c.target != "" {
		method, path, _ = strings.Cut(c.target, " ")
	}
	if method == http.MethodGet {
		body = ""
	}
	return method, path, body
}

// lines are the inquiry's headers, "name: value" each.
func (c inquiry) lines() []string {
	var lines []string
	for pair := range slices.Chunk(c.headers, 2) {
		if strings.HasSuffix(pair[0], "-bin") {
			pair[1] = base64.StdEncoding.EncodeToString([]byte(pair[1]))
		}
		lines = append(lines, pair[0]+": "+pair[1])
	}
	if c.timeout > 0 {
		lines = append(lines, "grpc-timeout: "+strconv.FormatInt(c.timeout.Milliseconds(), 10)+"m")
	}
	return lines
}

// curlWays are those that curl takes; none where there is no curl, which CI has.
func curlWays(t *testing.T, address string) map[string]wayIn {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Log("there is no curl: it does not call")
		return nil
	}
	return map[string]wayIn{
		"curl":           overCurl{address: address, flag: "--http1.1"},
		"curl, HTTP/2":   overCurl{address: address, flag: "--http2-prior-knowledge"},
		"curl, events":   overCurl{address: address, flag: "--http1.1", accept: "text/event-stream"},
		"curl, by rules": overCurl{address: address, flag: "--http1.1", rules: true},
	}
}

// overCurl calls by curl.
type overCurl struct {
	address, flag, accept string
	rules                 bool
}

func (overCurl) plain() bool { return true }

func (o overCurl) call(t *testing.T, c inquiry) (a answer) {
	t.Helper()
	method, path, body := c.asked(o.rules)
	sent := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(sent, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{
		o.flag, "--silent", "--show-error", "--include", "--max-time", "20", "--request", method, "--header", "expect:",
		"--header", "content-type: application/json",
	}
	if body != "" {
		arguments = append(arguments, "--data-binary", "@"+sent)
	}
	lines := c.lines()
	if o.accept != "" {
		lines = append(lines, "accept: "+o.accept)
	}
	for _, line := range lines {
		arguments = append(arguments, "--header", line)
	}
	var said bytes.Buffer
	curl := exec.CommandContext(t.Context(), "curl", append(arguments, "http://"+o.address+path)...)
	curl.Stderr = &said
	out, err := curl.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("curl: %v: %s", err, said.String())
	}
	a.read(t, parsePage(t, out))
	return a
}

// parsePage reads what curl has printed.
func parsePage(t *testing.T, out []byte) page {
	t.Helper()
	from := bufio.NewReader(bytes.NewReader(out))
	line, err := from.ReadString('\n')
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	headers, err := textproto.NewReader(from).ReadMIMEHeader()
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	code, err := strconv.Atoi(strings.Fields(line)[1])
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(from); err != nil {
		t.Fatal(err)
	}
	return page{Status: code, Headers: http.Header(headers), Body: body.Bytes()}
}
