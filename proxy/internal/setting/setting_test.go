package setting

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// shop is a config with a setting of each kind.
type shop struct {
	file     string
	name     string
	store    string
	open     bool
	carts    int
	idle     time.Duration
	most     int
	origins  []string
	waits    []time.Duration
	access   map[string]string
	password string
}

func defaults() shop {
	return shop{name: "corner", store: "pebble", carts: 3, idle: 5 * time.Minute, most: 4 << 20, origins: []string{"*"}}
}

func (s *shop) settings() *Set {
	set := New("SHOP_")
	set.Group("Files")
	set.File(&s.file, "config", "file of settings")
	set.Group("Shop")
	set.String(&s.name, "name", "what it is called")
	set.Choice(&s.store, []string{"pebble", "postgres", "memory"}, "store", "what keeps it")
	set.Bool(&s.open, "open", "whether it is open")
	set.Int(&s.carts, "carts", "how many carts there are")
	set.Group("Limits")
	set.Duration(&s.idle, "idle-timeout", "how long a cart stays")
	set.Size(&s.most, "max-cart", "largest cart")
	set.List(&s.origins, "origin", "who may ask")
	Add(set, List(Duration()), &s.waits, "wait", "how long to wait, in turn")
	set.Map(&s.access, "access", "who may do what")
	set.Group("Shop")
	set.String(&s.password, "password", "what opens it").Secret(Hidden)
	return set
}

// load loads a shop from a file called shop.yaml, "" for none, the environment and
// flags.
func load(tb testing.TB, yaml string, environ, args []string) (shop, *Set, error) {
	tb.Helper()
	s := defaults()
	set := s.settings()
	flags := set.Flags()
	if err := flags.Parse(args); err != nil {
		tb.Fatal(err)
	}
	if yaml != "" {
		environ = append(environ, "SHOP_CONFIG=shop.yaml")
	}
	err := set.Load(func(path string) (*File, error) { return &File{Name: path, Data: []byte(yaml)}, nil }, environ)
	return s, set, err
}

// TestPrecedence gives each setting in each set of sources, and wants the value of
// the one that comes first, and its name.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		of   func(shop) any
		// byDefault, in the file, the environment and flags, each with what it means.
		byDefault         any
		file              string
		inFile            any
		variable          string
		inEnvironment     any
		flags             []string
		byFlag            any
		text              string
		defaultText       string
		secret, multiLine bool
	}{
		{
			name: "name", of: func(s shop) any { return s.name }, byDefault: "corner", defaultText: "corner",
			file: "name: a: b", inFile: "a: b", variable: "x,y", inEnvironment: "x,y", flags: []string{"--name=1", "--name=2"}, byFlag: "2", text: "2",
		},
		{
			name: "store", of: func(s shop) any { return s.store }, byDefault: "pebble", defaultText: "pebble",
			file: "store: postgres", inFile: "postgres", variable: "memory", inEnvironment: "memory", flags: []string{"--store=pebble"}, byFlag: "pebble", text: "pebble",
		},
		{
			name: "open", of: func(s shop) any { return s.open }, byDefault: false, defaultText: "false",
			file: "open: true", inFile: true, variable: "0", inEnvironment: false, flags: []string{"--open"}, byFlag: true, text: "true",
		},
		{
			name: "carts", of: func(s shop) any { return s.carts }, byDefault: 3, defaultText: "3",
			file: "carts: 4", inFile: 4, variable: "-5", inEnvironment: -5, flags: []string{"--carts", "6"}, byFlag: 6, text: "6",
		},
		{
			name: "idle-timeout", of: func(s shop) any { return s.idle }, byDefault: 5 * time.Minute, defaultText: "5m",
			file: "idle-timeout: 90s", inFile: 90 * time.Second, variable: "2h", inEnvironment: 2 * time.Hour, flags: []string{"--idle-timeout", "60m"}, byFlag: time.Hour, text: "1h",
		},
		{
			name: "max-cart", of: func(s shop) any { return s.most }, byDefault: 4 << 20, defaultText: "4MiB",
			file: "max-cart: 1024", inFile: 1024, variable: "1GiB", inEnvironment: 1 << 30, flags: []string{"--max-cart=2048KiB"}, byFlag: 2 << 20, text: "2MiB",
		},
		{
			name: "origin", of: func(s shop) any { return s.origins }, byDefault: []string{"*"}, defaultText: "*",
			file: "origin: [a, 'b,c']", inFile: []string{"a", "b,c"}, variable: "d, e", inEnvironment: []string{"d", "e"},
			flags: []string{"--origin=f,g", "--origin=h"}, byFlag: []string{"f", "g", "h"}, text: "f,g,h",
		},
		{
			name: "wait", of: func(s shop) any { return s.waits }, byDefault: []time.Duration(nil),
			file: "wait:\n- 1s\n- 2s", inFile: []time.Duration{time.Second, 2 * time.Second}, variable: "", inEnvironment: []time.Duration(nil),
			flags: []string{"--wait=3s"}, byFlag: []time.Duration{3 * time.Second}, text: "3s",
		},
		{
			name: "access", of: func(s shop) any { return s.access }, byDefault: map[string]string(nil),
			file: "access:\n  /shop.Cart/*: public\n  x: 'y=z'", inFile: map[string]string{"/shop.Cart/*": "public", "x": "y=z"},
			variable: "a=b,c=", inEnvironment: map[string]string{"a": "b", "c": ""},
			flags: []string{"--access=z=1", "--access=b=2"}, byFlag: map[string]string{"z": "1", "b": "2"}, text: "b=2,z=1",
		},
		{
			name: "password", of: func(s shop) any { return s.password }, byDefault: "",
			file: "password: one", inFile: "one", variable: "two", inEnvironment: "two", flags: []string{"--password=three"}, byFlag: "three", text: "(hidden)",
		},
	} {
		for sources := range 8 {
			want, from := row.byDefault, "default"
			var yaml string
			var environ, args []string
			if sources&1 != 0 {
				yaml, want, from = "# A shop.\n"+row.file, row.inFile, "shop.yaml:2"
				if strings.Contains(row.file, ": a: b") {
					yaml = "# A shop.\nname: 'a: b'"
				}
			}
			if sources&2 != 0 {
				variable := "SHOP_" + strings.ToUpper(strings.ReplaceAll(row.name, "-", "_"))
				environ, want, from = []string{"OTHER=1", variable + "=" + row.variable}, row.inEnvironment, "environment"
			}
			if sources&4 != 0 {
				args, want, from = row.flags, row.byFlag, "flag"
			}
			s, set, err := load(t, yaml, environ, args)
			if err != nil {
				t.Errorf("%s from %03b: %v", row.name, sources, err)
			}
			if got := row.of(s); !reflect.DeepEqual(got, want) {
				t.Errorf("%s from %03b is %#v, want %#v", row.name, sources, got, want)
			}
			found := set.Find(row.name)
			// A collection in a block begins on the line after its key.
			if got := strings.Replace(found.Origin().String(), "shop.yaml:3", "shop.yaml:2", 1); got != from {
				t.Errorf("%s from %03b comes from %s, want %s", row.name, sources, got, from)
			}
			if from == "flag" && found.Value() != row.text || from == "default" && found.Value() != row.defaultText || found.Default() != row.defaultText {
				t.Errorf("%s from %03b is written %q, and its default %q", row.name, sources, found.Value(), found.Default())
			}
		}
	}
}

// TestMistakes shows each mistake with its place, all of them at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		yaml          string
		environ, args []string
		want          []string
	}{
		{yaml: "carst: 3\nopen: maybe\nname: x\nCARTS: 4\nzzzzz: 1\n", want: []string{
			`shop.yaml:1:1: carst: no such key; did you mean carts?`,
			`shop.yaml:2:7: open: "maybe" is neither true nor false`,
			`shop.yaml:4:1: CARTS: no such key; did you mean carts?`,
			`shop.yaml:5:1: zzzzz: no such key`,
		}},
		{yaml: "timeout: 3s\nidletimeout: 3s\nidle_timeout: 3s\nidle-timeou: 3s", want: []string{
			`shop.yaml:1:1: timeout: no such key; did you mean idle-timeout?`,
			`shop.yaml:2:1: idletimeout: no such key; did you mean idle-timeout?`,
			`shop.yaml:3:1: idle_timeout: no such key; did you mean idle-timeout?`,
			`shop.yaml:4:1: idle-timeou: no such key; did you mean idle-timeout?`,
		}},
		{yaml: "carts: 1\ncarts: 2\n", want: []string{`shop.yaml:2:1: carts: it is on line 1 already`}},
		{yaml: "config: other.yaml\n", want: []string{`shop.yaml:1:1: config: a file names no other file`}},
		{yaml: "name:\nstore: ~\norigin: null\n", want: []string{
			`shop.yaml:1:6: name: it has no value; write "" for an empty one, or leave the key out`,
			`shop.yaml:2:8: store: it has no value; write "" for an empty one, or leave the key out`,
			`shop.yaml:3:9: origin: it has no value; write "" for an empty one, or leave the key out`,
		}},
		{yaml: "store: pebbel\nidle-timeout: 30\nmax-cart: 4MB\nidle: 1\n", want: []string{
			`shop.yaml:1:8: store: "pebbel" is none of pebble, postgres, memory; did you mean pebble?`,
			`shop.yaml:2:15: idle-timeout: "30" has no unit: write 30s for seconds`,
			`shop.yaml:3:11: max-cart: "4MB" is no size of up to 1GiB: write a number of bytes, or one with KiB, MiB or GiB`,
			`shop.yaml:4:1: idle: no such key; did you mean idle-timeout?`,
		}},
		{yaml: "name: [a]\norigin: a\naccess: [a]\nwait:\n  - 1s\n  - soon\n  - [2s]\n  -\n", want: []string{
			`shop.yaml:1:7: name: it takes one value`,
			"shop.yaml:2:9: origin: it takes a list, each item on a line of its own: `- VALUE`",
			"shop.yaml:3:9: access: it takes names with values, each on a line of its own: `NAME: VALUE`",
			`shop.yaml:7:5: wait: an item of the list is one value`,
			`shop.yaml:8:4: wait: an item of the list is one value`,
		}},
		{yaml: "wait:\n  - 1s\n  - soon\n  - 2\n", want: []string{
			`shop.yaml:3:5: wait: "soon" is no duration: write it like 300ms, 30s, 5m or 1h30m`,
			`shop.yaml:4:5: wait: "2" has no unit: write 2s for seconds`,
		}},
		{yaml: "access:\n  a=b: c\n  d:\n  e: f\n  e: g\n", want: []string{
			`shop.yaml:2:3: access: a name in it is a word without =`,
			`shop.yaml:3:5: access: d takes one value`,
		}},
		{yaml: "access:\n  e: f\n  e: g\n", want: []string{`shop.yaml:3:3: access: "e" is there twice`}},
		{yaml: "- carts\n", want: []string{"shop.yaml:1:1: it is no mapping: write one setting on each line, such as `mailbox: 256`"}},
		{yaml: "? [carts]\n: 3\n", want: []string{`shop.yaml:1:3: a key is the name of a setting`}},
		{yaml: "carts: 3\n---\ncarts: 4\n", want: []string{`shop.yaml:2:1: a second document begins; one file holds one`}},
		{yaml: "carts: 3\n\tname: x\n", want: []string{`shop.yaml:2: found a tab character that violates indentation`}},
		{yaml: "password: [x]\n", want: []string{`shop.yaml:1:11: password: it takes one value`}},
		{
			yaml:    "carts: few\n",
			environ: []string{"SHOP_CARTS=some", "SHOP_WAIT=1s,soon", "SHOP_NAME=\xff"},
			args:    []string{"--carts=many", "--access=a,b=c,b=d", "--idle-timeout="},
			want: []string{
				`shop.yaml:1:8: carts: "few" is not a whole number`,
				`SHOP_NAME: it is not text in UTF-8`,
				`SHOP_CARTS: "some" is not a whole number`,
				`--carts: "many" is not a whole number`,
				`--idle-timeout: "" is no duration: write it like 300ms, 30s, 5m or 1h30m`,
				`SHOP_WAIT: "soon" is no duration: write it like 300ms, 30s, 5m or 1h30m`,
				`--access: "a" is not NAME=VALUE`,
				`--access: "b" is there twice`,
			},
		},
	} {
		_, _, err := load(t, row.yaml, row.environ, row.args)
		if got := fmt.Sprint(err); got != strings.Join(row.want, "\n") {
			t.Errorf("%q:\n%s\nwant\n%s", row.yaml, got, strings.Join(row.want, "\n"))
		}
	}
}

// TestNothing shows what is no mistake.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"# nothing\n", "---\n", "{}", "~", "name: corner", "carts: &n 3", "origin: &o ['*']\n", "\xef\xbb\xbfcarts: 3\n", "carts: 3\r\nname: corner\r\n"} {
		if s, _, err := load(t, yaml, nil, nil); err != nil || s.name != "corner" || s.carts != 3 || !slices.Equal(s.origins, []string{"*"}) {
			t.Errorf("%q: %+v, %v", yaml, s, err)
		}
	}
}

// TestWrongKeepsTheValue shows that a value with a mistake leaves the one before.
func TestWrongKeepsTheValue(t *testing.T) {
	t.Parallel()
	s, set, err := load(t, "carts: 7", nil, []string{"--carts=many"})
	if err == nil || s.carts != 7 {
		t.Errorf("%d carts, %v", s.carts, err)
	}
	if carts := set.Find("carts"); carts.Value() != "many" || carts.Origin().Source != FromFlag {
		t.Errorf("shown as %q from %v, want what is to be mended", carts.Value(), carts.Origin())
	}
}

// TestNoSecretInMistakes shows that what is wrong with a secret does not tell it.
func TestNoSecretInMistakes(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	set := New("SHOP_")
	set.Map(&keys, "key", "who has which key").Secret(Hidden)
	err := set.Load(nil, []string{"SHOP_KEY=me=1,S3cret"})
	if err == nil || err.Error() != "SHOP_KEY: it is a secret and not shown, and is no map" {
		t.Error(err)
	}
}

// TestNoFile shows what is said of a file that cannot be read.
func TestNoFile(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]struct{ environ, flags []string }{
		"SHOP_CONFIG: open none.yaml: no such file":     {environ: []string{"SHOP_CONFIG=none.yaml"}},
		"--config: open none.yaml: no such file":        {environ: []string{"SHOP_CONFIG=x"}, flags: []string{"--config=none.yaml"}},
		"--config: read .: is a directory":              {flags: []string{"--config=."}},
		"--config: /dev/zero: it is larger than 1MiB, ": {flags: []string{"--config=/dev/zero"}},
	} {
		s := defaults()
		set := s.settings()
		if err := set.Flags().Parse(args.flags); err != nil {
			t.Fatal(err)
		}
		if err := set.Load(ReadFile, args.environ); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestLocate puts a place to what is found out about a value later.
func TestLocate(t *testing.T) {
	t.Parallel()
	_, set, err := load(t, "carts: 3\norigin: []\nname: x", []string{"SHOP_NAME=y"}, []string{"--max-cart=1"})
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("cause")
	err = set.Locate(errors.Join(
		Wrongf("carts", "%d are few", 3),
		errors.Join(Wrongf("name", "taken: %w", cause), Wrongf("max-cart", "too small")),
		Wrongf("idle-timeout", "too long"),
		Wrongf("nothing", "is no setting"),
		fmt.Errorf("opening: %w", Wrongf("carts", "few")),
		fmt.Errorf("both %w and %w", cause, errors.New("reason")),
		cause,
	))
	want := `shop.yaml:1:8: carts: 3 are few
SHOP_NAME: taken: cause
--max-cart: too small
--idle-timeout: too long
--nothing: is no setting
opening: --carts: few
both cause and reason
cause`
	if err == nil || err.Error() != want || !errors.Is(err, cause) {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	if err := set.Locate(nil); err != nil {
		t.Errorf("nothing is %v", err)
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	s := defaults()
	got := s.settings().UnknownVariables([]string{
		"SHOP_CARTS=1", "SHOP_CARST=1", "SHOPPING=1", "OTHER_CARTS=1", "SHOP_TOKEN=2", "SHOP_OTHERWISE",
		"SHOP_SERVICE_HOST=10.0.0.1", "SHOP_SERVICE_PORT=80", "SHOP_SERVICE_PORT_GRPC=80", "SHOP_PORT=tcp://10.0.0.1:80",
		"SHOP_ADMIN_PORT_80_TCP=tcp://10.0.0.1:80", "SHOP_PORT_80_TCP_PROTO=tcp",
	}, "SHOP_TOKEN")
	want := []string{"SHOP_CARST: no such variable; did you mean SHOP_CARTS?", "SHOP_OTHERWISE: no such variable"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUnknownFlags(t *testing.T) {
	t.Parallel()
	s := defaults()
	flags := s.settings().Flags()
	args := []string{"--stor", "x", "--name=--carst", "--idle-timout=3s", "--qqqqq", "--", "--naem"}
	err := UnknownFlags(flags.Parse(args), args, flags)
	want := "unknown flag: --stor; did you mean --store?\nunknown flag: --idle-timout; did you mean --idle-timeout?\nunknown flag: --qqqqq"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	args = []string{"--name"}
	if err := UnknownFlags(flags.Parse(args), args, flags); err == nil || err.Error() != "flag needs an argument: --name" {
		t.Errorf("a flag without its value: %v", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"idle-timeout", "drain-timeout", "mailbox", "data", "dev"}
	for wrote, want := range map[string]string{
		"idle-timeou": "idle-timeout", "IdleTimeout": "idle-timeout", "dile-timeout": "idle-timeout", "train-timeout": "drain-timeout",
		"mail": "mailbox", "mialbox": "mailbox", "date": "data", "dve": "dev", "x": "", "": "", "store": "", "\xff\xff": "",
		"mailbox" + strings.Repeat("-", 100): "",
	} {
		if got := Nearest(wrote, words); got != want {
			t.Errorf("%q is nearest to %q, want %q", wrote, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"0": 0, "1": 1, "4194304": 4 << 20, "4MiB": 4 << 20, "128KiB": 128 << 10, "1GiB": 1 << 30,
	} {
		got, err := parseSize(text)
		if err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
		if again, err := parseSize(formatSize(got)); err != nil || again != got {
			t.Errorf("%d is written as %q, which is %d, %v", got, formatSize(got), again, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "4 MiB", "2GiB", "9999999999KiB", "4mb", "+1", "1073741825"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// TestTwoOfOneName shows that a program with two settings of one name does not start.
func TestTwoOfOneName(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("two settings share a name")
		}
	}()
	s := defaults()
	s.settings().Bool(&s.open, "carts", "")
}
