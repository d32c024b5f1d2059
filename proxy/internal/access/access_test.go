package access

import (
	"slices"
	"strings"
	"testing"
)

// TestFor covers ACC-RULE-002: which of the rules about a method holds.
func TestFor(t *testing.T) {
	t.Parallel()
	rules, err := ParseRules([]string{
		"*=authenticated", "shop.Cart/*=role:clerk", "shop.Cart/Get=public", "shop.Till/Open = role: boss | owner",
	})
	if err != nil {
		t.Fatal(err)
	}
	admin, owner := Of("admin"), Of("owner")
	for _, test := range []struct {
		service, method string
		annotated       Annotated
		want            string
	}{
		{"shop.Cart", "Get", Annotated{}, "public"},
		{"shop.Cart", "Get", Annotated{Method: &admin, Service: &owner}, "public"},
		{"shop.Cart", "Add", Annotated{}, "role:clerk"},
		{"shop.Cart", "Add", Annotated{Method: &admin}, "role:admin"},
		{"shop.Cart", "Add", Annotated{Service: &owner}, "role:clerk"},
		{"shop.Till", "Open", Annotated{}, "role:boss|owner"},
		{"shop.Till", "Close", Annotated{Service: &owner}, "role:owner"},
		{"shop.Till", "Close", Annotated{}, "authenticated"},
		{"other.Service", "Method", Annotated{}, "authenticated"},
	} {
		if rule := rules.For(test.service, test.method, test.annotated); rule == nil || rule.String() != test.want {
			t.Errorf("%s/%s: %v, want %s", test.service, test.method, rule, test.want)
		}
	}
	if rule := (Rules{}).For("a", "b", Annotated{}); rule != nil {
		t.Errorf("of no rules there is %v", rule)
	}
}

func TestAdmits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule  Rule
		roles []string
		want  bool
	}{
		{Public(), nil, true}, {Rule{}, nil, true}, {Of("a", "b"), []string{"c", "b"}, true},
		{Of("a"), nil, false}, {Of("a"), []string{"A", "ab"}, false},
	} {
		if got := test.rule.Admits(test.roles); got != test.want {
			t.Errorf("%s of %v: %v", test.rule, test.roles, got)
		}
	}
}

func TestParseRulesRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"shop.Cart/Get":                        "PATTERN=RULE",
		"shop.Cart/Get=private":                "none of public",
		"shop.Cart/Get=role:":                  "empty role",
		"shop.Cart/Get=role:a||b":              "empty role",
		"shop.Cart=public":                     "none of SERVICE/METHOD",
		"shop.*/Get=public":                    "none of SERVICE/METHOD",
		"/shop.Cart/Get=public":                "none of SERVICE/METHOD",
		"shop..Cart/Get=public":                "none of SERVICE/METHOD",
		"shop.Cart./Get=public":                "none of SERVICE/METHOD",
		"shop.Cart/Ge t=public":                "none of SERVICE/METHOD",
		"shop.Cart/G*=public":                  "none of SERVICE/METHOD",
		"shop.1Cart/Get=public":                "none of SERVICE/METHOD",
		"=public":                              "none of SERVICE/METHOD",
		"a.B/C=public\na.B/C=authenticated":    "already",
		"a.B/*=public\na.B/*=role:x":           "already",
		"*=public\n*=public":                   "already",
		"a.B/C=public\na.B/*=public\nc.D=role": "none of SERVICE/METHOD",
	} {
		if _, err := ParseRules(strings.Split(text, "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestUnmatched covers ACC-RULE-004: rules about what is not there are found.
func TestUnmatched(t *testing.T) {
	t.Parallel()
	rules, err := ParseRules([]string{"*=public", "a.B/C=public", "a.B/D=public", "a.B/*=public", "e.F/*=public", "e.F/G=public"})
	if err != nil {
		t.Fatal(err)
	}
	got := rules.Unmatched(func(service, method string) bool { return service == "a.B" && method != "D" })
	if want := []string{"a.B/D", "e.F/*", "e.F/G"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !rules.About("e.F") || rules.About("x.Y") || rules.NeedsIdentity() {
		t.Error("what the rules are about")
	}
	for _, text := range []string{"*=authenticated", "a.B/*=authenticated", "a.B/C=role:x"} {
		if rules, err := ParseRules([]string{"x.Y/Z=public", text}); err != nil || !rules.NeedsIdentity() {
			t.Errorf("%s asks who calls: %v", text, err)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("shop.Cart/Get=role:a|b")
	f.Add("*=public")
	f.Add("a.B/* = authenticated")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseRules([]string{text})
		if err != nil {
			return
		}
		about, _, _ := strings.Cut(text, "=")
		p, err := parsePattern(strings.TrimSpace(about))
		if err != nil {
			t.Fatal(err)
		}
		rule := rules.For(p.service, p.method, Annotated{})
		again, err := ParseRules([]string{p.String() + "=" + rule.String()})
		if err != nil {
			t.Fatalf("%q was read as %s=%s, which cannot be read: %v", text, p, rule, err)
		}
		if second := again.For(p.service, p.method, Annotated{}); second.String() != rule.String() {
			t.Fatalf("%q: %s, then %s", text, rule, second)
		}
	})
}
