package app

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// pictures is where the tests of the console leave what they have seen, for people.
var pictures = flag.String("pictures", "", "directory for pictures of the console's pages") //nolint:gochecknoglobals // a flag

// tab is a browser's tab that shows the console.
type tab struct {
	tb     testing.TB
	ctx    context.Context //nolint:containedctx // that of the tab
	origin string
	// wrong are the complaints of the page: errors of its script, and what its policy forbids.
	wrong chan string
}

// openTab starts a browser; where there is none the test is skipped, but where everything
// is tested.
func openTab(t *testing.T, proxy *running) *tab {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("there is no chromium")
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	t.Cleanup(cancel)
	ctx, end := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))...)
	t.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for its end
		closeTab()
	})
	b := &tab{tb: t, ctx: ctx, origin: "http://" + proxy.admin, wrong: make(chan string, 64)}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	b.do(protocol(log.Enable, cdp.Empty{}), chromedp.EmulateViewport(1200, 900))
	return b
}

// hear notes what a page complains of.
func (b *tab) hear(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		b.wrong <- event.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if event.Entry.Level == "error" {
			b.wrong <- event.Entry.Text + " " + event.Entry.URL
		}
	}
}

// protocol is an action that the browser's protocol has, and chromedp has not.
func protocol[Params, Result any](c cdp.Command[Params, Result], params Params) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// do has the browser do something.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.tb.Helper()
	for _, action := range actions {
		if _, err := chromedp.Run(b.ctx, action); err != nil {
			b.tb.Fatal(err)
		}
	}
}

// open shows a page.
func (b *tab) open(path string) {
	b.tb.Helper()
	b.do(chromedp.Navigate(b.origin + path))
}

// eval evaluates an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.tb.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.tb.Fatal(err)
	}
	return result
}

// await waits until the expression is true in the page.
func (b *tab) await(what, expression string) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	waits := "new Promise(done => { const look = () => (" + expression + ") ? done(true) : setTimeout(look, 20); look(); })"
	for { // A page that follows another ends what waits in the first.
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](waits, chromedp.EvalAwaitPromise))
		if is {
			return
		}
		if ctx.Err() != nil {
			b.tb.Fatalf("%s never came: %v\n%s", what, err, eval[string](b, "document.body.innerText"))
		}
	}
}

// says checks that the page shows the texts.
func (b *tab) says(texts ...string) {
	b.tb.Helper()
	page := eval[string](b, "document.body.innerText")
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.tb.Errorf("the page does not say %q:\n%s", text, page)
		}
	}
}

// picture keeps a picture of the page, where somebody wants them.
func (b *tab) picture(name string) {
	b.tb.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600); err != nil {
		b.tb.Fatal(err)
	}
}

// calm checks that no page has complained.
func (b *tab) calm() {
	b.tb.Helper()
	for {
		select {
		case wrong := <-b.wrong:
			b.tb.Errorf("a page complains: %s", wrong)
		default:
			return
		}
	}
}

// complains waits for a complaint with the text, which may come later than its page.
func (b *tab) complains(text string) {
	b.tb.Helper()
	if wrong := take(b.tb, b.wrong); !strings.Contains(wrong, text) {
		b.tb.Errorf("a page complains: %s", wrong)
	}
}

// entityPath is where the page of an entity is.
func entityPath(service, key string) string {
	return "/entity?" + url.Values{"service": {service}, "key": {key}}.Encode()
}

// evil is a key, and a payload, that would do harm where it was not escaped.
const evil = `<img src=x onerror=document.title="broken">'"&`

// TestConsole looks at the pages as a person does: in a browser, with a proxy behind it.
func TestConsole(t *testing.T) {
	f := cloudstate.Start(t, cloudstate.Behaviour{V1: true})
	proxy := runProxy(t, quick(f.Target))
	caller := cloudstate.Dial(t, take(t, proxy.ports[PortService]))
	caller.Must(cloudstate.Ledger, evil, "emit 1; emit 2; snapshot", "1 2")
	caller.Must(cloudstate.Ledger, evil, "json 3; raw nowhere/no.Type x; emit "+strings.ReplaceAll(evil, ";", ""), "1 2 3 x "+evil)
	caller.Must(cloudstate.Profile, "p", "set x", "x")
	caller.Must(cloudstate.Presence, "set", `update orset{added:{type_url:"p.cloudstate.io/string" value:"\n\003tea"}}`, "0")
	b := openTab(t, proxy)

	t.Run("live", func(t *testing.T) { b.live(t, caller) })
	t.Run("timeline", func(t *testing.T) {
		b.tb = t
		b.open(entityPath(cloudstate.Ledger, evil))
		b.says(evil, "Snapshot after event 2", "do not know no.Type", "resting", "last sequence\n5")
		if got := eval[[]string](b, `[...document.querySelectorAll(".timeline pre")].map(e => e.textContent)`); len(got) != 5 || got[4] != `"1"` || !strings.Contains(got[0], "onerror") {
			t.Errorf("the timeline shows %q", got)
		}
		if title := eval[string](b, "document.title"); title == "broken" {
			t.Error("a key was taken for markup")
		}
		b.picture("entity-light")
		b.open(entityPath(cloudstate.Presence, "set"))
		b.says("ORSet", "tea")
		b.open(entityPath(cloudstate.Profile, "p"))
		b.says("revision", "Passivate")
	})
	t.Run("keyboard", b.keyboard)
	t.Run("narrow", b.narrow)
	t.Run("dark", b.dark)
	b.tb = t
	b.calm()
}

// live checks that a rate moves by itself, and that who comes is told.
func (b *tab) live(t *testing.T, caller *cloudstate.Caller) {
	t.Helper()
	b.tb = t
	b.open("/")
	b.says("Overview", "ready", "Commands a second")
	b.await("the first event", `document.getElementById("passages-note").textContent.length > 0 && document.querySelector("[data-path=commands]").getAttribute("d").length > 0`)
	done := make(chan struct{})
	stop := make(chan struct{})
	go func() { // joined below
		defer close(done)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				caller.Must(cloudstate.Ledger, fmt.Sprintf("busy-%d", n%7), "", "")
			}
		}
	}()
	b.await("a rate", `parseFloat(document.querySelector("[data-live=commands]").textContent) > 5`)
	b.await("a latency", `document.querySelector("[data-live=latency]").textContent.endsWith("ms")`)
	b.await("a passage", `document.getElementById("passages-list").textContent.includes("busy-")`)
	b.picture("overview-light")
	close(stop)
	<-done
}

// keyboard goes from the address bar to an entity, and passivates it, without a mouse.
func (b *tab) keyboard(t *testing.T) {
	b.tb = t
	b.open("/entities?prefix=p")
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, "document.activeElement.textContent"); got != "Skip to the content" || eval[float64](b, "document.activeElement.getBoundingClientRect().top") < 0 {
		t.Errorf("first comes %q", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await("the content", `document.activeElement.id === "main"`)
	for eval[string](b, "document.activeElement.className") != "key" {
		b.do(chromedp.KeyEvent(kb.Tab))
		if eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
			t.Errorf("nobody sees where the focus is: %s", eval[string](b, "document.activeElement.outerHTML"))
		}
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await("the entity", `document.querySelector("h1")?.textContent === "p"`)
	for eval[string](b, "document.activeElement.textContent") != "Passivate" {
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await("its passivation", `document.querySelector(".said")?.textContent.includes("has left memory")`)
	b.says("not in memory")
}

// missing is the name of the page that is not there, of which the browser complains.
const missing = "wrong"

// consolePages are those that are looked at in each size and colour.
func consolePages() map[string]string {
	return map[string]string{
		"overview": "/", "entities": "/entities", "stored": "/entities?stored=1&service=" + cloudstate.Ledger, "entity": entityPath(cloudstate.Ledger, evil),
		"function": "/function", "effects": "/effects", "store": "/store", missing: "/nothing-of-this-name",
	}
}

// narrow checks that no page is wider than a phone.
func (b *tab) narrow(t *testing.T) {
	b.tb = t
	b.do(chromedp.EmulateViewport(360, 740))
	for name, path := range consolePages() {
		b.open(path)
		if name == missing {
			b.complains(path)
		}
		if width := eval[int](b, "document.documentElement.scrollWidth"); width > 360 {
			t.Errorf("%s is %d wide", name, width)
		}
		b.picture(name + "-360")
	}
	b.do(chromedp.EmulateViewport(1200, 900))
}

// dark checks that the colours follow the reader's wish, and can be read in both.
func (b *tab) dark(t *testing.T) {
	b.tb = t
	grounds := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.do(protocol(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}))
		for name, path := range consolePages() {
			b.open(path)
			if name == missing {
				b.complains(path)
			}
			if worst := eval[float64](b, contrast); worst < 4.5 {
				t.Errorf("%s, %s: a text has the contrast %.2f", name, scheme, worst)
			}
			b.picture(name + "-" + scheme)
		}
		grounds[scheme] = eval[string](b, "getComputedStyle(document.body).backgroundColor")
	}
	if grounds["light"] == grounds["dark"] {
		t.Errorf("both are %s", grounds["light"])
	}
}

// contrast is the lowest contrast between a text and what is behind it.
const contrast = `(() => {
	const read = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
	const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
		return .2126 * r + .7152 * g + .0722 * b; };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
	let worst = 21;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const e = n.parentElement;
		if (!n.textContent.trim() || !e.checkVisibility() || ["OPTION", "SCRIPT"].includes(e.tagName)) continue;
		const a = light(read(getComputedStyle(e).color).slice(0, 3)), b = light(ground(e));
		worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
	}
	return worst;
})()`

// TestConsoleShowsMistakes shows why the function is not served, and where that stands.
func TestConsoleShowsMistakes(t *testing.T) {
	files := descriptortest.Files()
	files.File[2].MessageType[0].Field[0].Options = nil // AddRequest.id is no key any more
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, saying(descriptortest.Answer(files))).Target))
	b := openTab(t, proxy)
	for {
		b.open("/function")
		if strings.Contains(eval[string](b, "document.body.innerText"), "What is wrong with its answer") {
			break
		}
	}
	b.says("not ready", "does not serve", "DISC-KEY-001", "test/counter/v1/counter.proto:8:3", "Refuses it")
	b.picture("mistakes")
	b.open("/")
	b.says("Not ready, because")
	b.calm()
}

// TestConsoleEffects tries a parked effect again, and removes it.
func TestConsoleEffects(t *testing.T) {
	function, target := startMailer(t)
	function.to = "test.counter.v1.Nowhere"
	proxy := runProxy(t, quick(target))
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	b := openTab(t, proxy)
	shown := func() bool { b.open("/effects"); return eval[bool](b, `!!document.querySelector(".confirm")`) }
	for !shown() {
	}
	b.says("test.counter.v1.Nowhere/Get", "Unimplemented")
	b.picture("effects")
	b.do(chromedp.Click(`form[action="/effects/retry"] button`))
	b.await("the retry", `document.querySelector(".said")?.textContent.includes("tried again")`)
	for !shown() {
	}
	b.do(chromedp.Click(".confirm summary"), chromedp.WaitVisible(".danger"), chromedp.Click(".danger"))
	b.await("its end", `document.querySelector(".said")?.textContent.includes("removed")`)
	b.says("None is parked")
	b.calm()
}
