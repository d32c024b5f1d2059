package setting

import (
	"reflect"
	"strings"
	"testing"
)

const everything = `name: "two\nlines"
open: true
carts: 12
idle-timeout: 1h30m
origin: [ "null", "", "a,b", "# c" ]
access: { /shop.Cart/*: public, "~": "yes" }
password: verysecret
`

func TestPrint(t *testing.T) {
	t.Parallel()
	_, set, err := load(t, everything, []string{"SHOP_STORE=memory"}, []string{"--wait=1s,2s"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := set.Print(&text); err != nil {
		t.Fatal(err)
	}
	want := `KEY           VALUE                      FROM
config        shop.yaml                  environment
name          "two\nlines"               shop.yaml:1
store         memory                     environment
open          true                       shop.yaml:2
carts         12                         shop.yaml:3
password      (hidden)                   shop.yaml:7
idle-timeout  1h30m                      shop.yaml:4
max-cart      4MiB                       default
origin        null,,a,b,# c              shop.yaml:5
wait          1s,2s                      flag
access        /shop.Cart/*=public,~=yes  shop.yaml:6
`
	if text.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", text.String(), want)
	}
}

func TestPrintYAML(t *testing.T) {
	t.Parallel()
	first, set, err := load(t, everything, []string{"SHOP_STORE=memory"}, []string{"--wait=1s,2s"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := set.PrintYAML(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"# Shop.\n\n# what it is called\nname: \"two\\nlines\"\n\n# what keeps it\nstore: memory\n",
		"\nopen: true\n", "\ncarts: 12\n", "\nmax-cart: 4MiB\n", "\nidle-timeout: 1h30m\n",
		"\n# what opens it\n# A secret, given by shop.yaml:7: (hidden)\n# password:\n",
		"\norigin:\n    - \"null\"\n    - \"\"\n    - a,b\n    - '# c'\n", "\naccess:\n    /shop.Cart/*: public\n    \"~\": yes\n",
	} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("printed\n%s\nwhich lacks\n%s", text.String(), part)
		}
	}
	if strings.Contains(text.String(), "verysecret") {
		t.Error("a secret is printed")
	}
	second, _, err := load(t, text.String(), nil, nil)
	first.password = ""
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("read again it is %+v, %v\nwant %+v", second, err, first)
	}
}

// FuzzConfig reads any file of settings. What it takes, it writes so that it reads
// the same again; what it does not take has a mistake with the name of the file, and
// no secret is in either.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		everything, "", "carst: 3", "carts: 1\ncarts: 2", "- a", "a: &x [*x]", "name: &x y\norigin: [*x]", "? {}\n: 1", "carts: 3\n---\n", "name: !!binary aGk=",
		"<<: {name: x}", "access:\n  a: b\n  a: c", "wait: [1s, x]", "name: \"\\u0085\\0\\uFEFF\"", "name: |+\n  x\n\n\norigin: [\"\\n\", ' x ']", "\xff", "name: 'it''s'", "store: {a: b}",
		"password: 1\nname: >-\n  a\n   b\n", "%YAML 1.1\n---\nopen: yes", "name: \"\\r\\n\\t\"", "name: ' '", "access: {\"\\n\": \"\\n\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := string(data)
		if text == "" {
			return
		}
		first, set, err := load(t, text, nil, nil)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "shop.yaml:") {
					t.Fatalf("a mistake without a place: %q", line)
				}
			}
			return
		}
		var written strings.Builder
		if err := set.PrintYAML(&written); err != nil {
			t.Fatal(err)
		}
		if first.password != "" && !strings.Contains(written.String(), "# A secret") {
			t.Fatal("the secret is not spoken of")
		}
		first.password = ""
		second, _, err := load(t, written.String(), nil, nil)
		// What is empty is the same whether it was said or not.
		if len(first.access)+len(second.access) == 0 {
			first.access, second.access = nil, nil
		}
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("read again it is %+v, %v\nwant %+v\nwritten\n%s", second, err, first, written.String())
		}
	})
}
