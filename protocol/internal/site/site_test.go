package site_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/protocol/internal/site"
)

// beside are the files that `make docs` lays beside the pages.
var beside = map[string]bool{"mermaid.min.js": true}

var (
	anchors   = regexp.MustCompile(` id="([^"]+)"`)
	links     = regexp.MustCompile(` href="([^"]+)"`)
	resources = regexp.MustCompile(`<(?:script|img|link|iframe)[^>]* (?:src|href)="([^"]+)"`)
)

func render(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := site.Render(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEachRequirementHasOneAnchor(t *testing.T) {
	t.Parallel()
	files := render(t)
	for _, q := range protocol.Requirements() {
		page := strings.TrimSuffix(q.Chapter, ".md") + ".html"
		if n := bytes.Count(files[page], []byte(` id="`+q.ID+`"`)); n != 1 {
			t.Errorf("%s has %d anchors in %s, want 1", q.ID, n, page)
		}
	}
}

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	files := render(t)
	known := map[string]bool{}
	for name, content := range files {
		known[name] = true
		for _, id := range anchors.FindAllSubmatch(content, -1) {
			place := name + "#" + string(id[1])
			if known[place] {
				t.Errorf("%s is there twice", place)
			}
			known[place] = true
		}
	}
	for name, content := range files {
		for _, found := range links.FindAllSubmatch(content, -1) {
			to := string(found[1])
			if strings.HasPrefix(to, "#") {
				to = name + to
			}
			if !known[to] && !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "data:") {
				t.Errorf("%s links to %s, which is not there", name, to)
			}
		}
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	files := render(t)
	for name, content := range files {
		for _, found := range resources.FindAllSubmatch(content, -1) {
			to := string(found[1])
			if _, own := files[to]; !own && !beside[to] && to != "data:," {
				t.Errorf("%s loads %s", name, to)
			}
		}
	}
}

func TestSameBytesTwice(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(render(t), render(t)); diff != "" {
		t.Error(diff)
	}
}

func TestForeignTextIsEscaped(t *testing.T) {
	t.Parallel()
	const foreign = "<script>alert(1)</script>"
	files, err := site.Render(fstest.MapFS{
		"spec/README.md":         {Data: []byte("# One\n\n| [a](a.md) | x |\n")},
		"spec/a.md":              {Data: []byte("# A\n\n" + foreign + "\n\n`" + foreign + "` [x](javascript:alert)\n")},
		"spec/behaviours.md":     {Data: []byte("# B\n")},
		"VERSIONING.md":          {Data: []byte("# V\n")},
		"vectors/README.md":      {Data: []byte("# T\n")},
		"stateward/a/v1/a.proto": {Data: []byte("// " + foreign + "\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"a.html", "a.proto.html"} {
		if bytes.Contains(files[page], []byte("<script>")) || bytes.Contains(files[page], []byte("javascript:")) {
			t.Errorf("%s holds foreign markup:\n%s", page, files[page])
		}
		if !bytes.Contains(files[page], []byte("&lt;script&gt;")) {
			t.Errorf("%s lost the text:\n%s", page, files[page])
		}
	}
}
