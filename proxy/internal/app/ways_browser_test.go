package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// servePage serves an empty page, and returns its origin.
func servePage(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>a page</title>")) // The browser would say so.
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// browser is a tab that shows a page of one origin, and calls another.
type browser struct {
	ctx     context.Context //nolint:containedctx // that of the tab
	address string
}

// newBrowser starts a browser, and opens the page; nil where there is no browser, which
// may be so but where everything is tested.
func newBrowser(t *testing.T, page, address string) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Log("there is no chromium: no page calls")
		return nil
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for its end
		closeTab()
	})
	if _, err := chromedp.Run(ctx, chromedp.Navigate(page)); err != nil {
		t.Fatal(err)
	}
	return &browser{ctx: ctx, address: address}
}

// fetch is what the page does: bodies are base64 on the way, and the headers are those
// that a page may read.
const fetch = `(async (url, method, headers, body) => {
	const given = await (await fetch("data:;base64," + body)).arrayBuffer();
	const r = await fetch(url, {method, headers, body: body === "" ? undefined : given});
	const got = new Uint8Array(await r.arrayBuffer());
	let text = ""; for (const b of got) text += String.fromCharCode(b);
	return {status: r.status, headers: [...r.headers].map(h => h.join(": ")), body: btoa(text)};
})`

// fetched is what that returns.
type fetched struct {
	Status  int
	Headers []string
	Body    string
}

// fetch has the page make a request.
func (b *browser) fetch(t *testing.T, method, path string, headers []string, body []byte) page {
	t.Helper()
	given := map[string]string{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		given[name] = value
	}
	script := fetch + "(" + strings.Join([]string{
		strconv.Quote("http://" + b.address + path), strconv.Quote(method), quoted(t, given), strconv.Quote(base64.StdEncoding.EncodeToString(body)),
	}, ",") + ")"
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[fetched](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	p := page{Status: got.Status, Headers: http.Header{}}
	for _, line := range got.Headers {
		name, value, _ := strings.Cut(line, ": ")
		p.Headers.Add(name, value)
	}
	if p.Body, err = base64.StdEncoding.DecodeString(got.Body); err != nil {
		t.Fatal(err)
	}
	return p
}

// hear is what the page does with a stream of events, which ends by an event.
const hear = `(url => new Promise((resolve, reject) => {
	const said = [], source = new EventSource(url);
	const end = event => { source.close(); resolve([...said, event.type + " " + event.data]); };
	source.onmessage = event => said.push(event.data);
	source.onerror = () => { source.close(); reject("broken off after " + said); };
	source.addEventListener("end", end);
	source.addEventListener("failure", end);
}))`

// TestEventSource covers HTTP-STREAM-005, HTTP-STREAM-006 and HTTP-STREAM-007 as a browser
// reads them.
func TestEventSource(t *testing.T) {
	page := servePage(t)
	config := quick(everyWay(t, nil))
	config.Origins = []string{page}
	running := runProxy(t, config)
	b := newBrowser(t, page, take(t, running.ports[PortService]))
	if b == nil {
		t.Skip("there is no browser")
	}
	for path, want := range map[string][]string{
		"/clocks/2":   {`{"total":"1"}`, `{"total":"2"}`, "end {}"},
		"/clocks/1-9": {`{"total":"1"}`, `failure {"code":9,"message":"no, not today: ü%\n","details":[`},
	} {
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](hear+"("+quoted(t, "http://"+b.address+path)+")", chromedp.EvalAwaitPromise))
		if err != nil || len(got) != len(want) || !strings.HasPrefix(strings.Join(got, "\n"), strings.Join(want, "\n")) {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// overBrowser calls from a page of another origin: by fetch and JSON, or by fetch and
// gRPC-Web.
type overBrowser struct {
	*browser

	web bool
}

func (o overBrowser) plain() bool { return !o.web }

func (o overBrowser) call(t *testing.T, c inquiry) (a answer) {
	t.Helper()
	if o.web {
		a.readWeb(t, o.fetch(t, http.MethodPost, c.path, append(c.lines(), "content-type: application/grpc-web+proto", "x-grpc-web: 1"), framed(0, c.message(t))))
		return a
	}
	method, path, body := c.asked(false)
	a.read(t, o.fetch(t, method, path, append(c.lines(), "content-type: application/json"), []byte(body)))
	return a
}

// framed is a message with the five bytes of gRPC before it.
func framed(flags byte, message []byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message)))
	return append(head, message...)
}

// readWeb reads the body of a call by gRPC-Web.
func (a *answer) readWeb(t *testing.T, p page) {
	t.Helper()
	if p.Status != http.StatusOK {
		t.Fatalf("%d %q", p.Status, p.Body)
	}
	trailers := p.Headers
	for rest := p.Body; len(rest) > 0; {
		n := 5 + binary.BigEndian.Uint32(rest[1:5])
		flags, message := rest[0], rest[5:n]
		rest = rest[n:]
		if flags == 0 {
			a.take(t, message, false)
			continue
		}
		read, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(message, "\r\n"...)))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("%q: %v", message, err)
		}
		trailers = http.Header(read)
	}
	a.hear(p.Headers)
	code, err := strconv.Atoi(trailers.Get("Grpc-Status"))
	if err != nil {
		t.Fatalf("%v: %v", trailers, err)
	}
	a.Code = codes.Code(code)
	if a.Message, err = url.PathUnescape(trailers.Get("Grpc-Message")); err != nil {
		t.Fatal(err)
	}
	if details := trailers.Get("Grpc-Status-Details-Bin"); details != "" {
		s := new(spb.Status)
		decoded, err := base64.RawStdEncoding.DecodeString(details)
		if err != nil {
			t.Fatal(err)
		}
		if err := proto.Unmarshal(decoded, s); err != nil {
			t.Fatal(err)
		}
		a.Details = printed(s.GetDetails())
	}
}

// quoted is the value as JavaScript has it.
func quoted(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
