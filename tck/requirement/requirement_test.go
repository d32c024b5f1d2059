package requirement_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/requirement"
)

var set = requirement.Set{
	{ID: "CORE-A-001", Role: requirement.Function, Level: requirement.Must, Profile: "core"},
	{ID: "CORE-A-002", Role: requirement.Function, Level: requirement.Must, Profile: "core", Untestable: "time"},
	{ID: "ES-A-001", Role: requirement.Proxy, Level: requirement.Must, Profile: "event-sourced"},
	{ID: "ES-B-001", Role: requirement.Function, Level: requirement.Should, Profile: "event-sourced"},
	{ID: "ES-B-002", Role: requirement.Function, Level: requirement.May, Profile: "event-sourced"},
}

func ids(set requirement.Set) []string {
	var all []string
	for _, r := range set {
		all = append(all, r.ID)
	}
	return all
}

func TestSelect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query requirement.Query
		want  []string
	}{
		"everything":   {requirement.Query{}, []string{"CORE-A-001", "CORE-A-002", "ES-A-001", "ES-B-001", "ES-B-002"}},
		"by role":      {requirement.Query{Role: requirement.Proxy}, []string{"ES-A-001"}},
		"by level":     {requirement.Query{Level: requirement.Should}, []string{"ES-B-001"}},
		"by profile":   {requirement.Query{Profiles: []string{"core"}}, []string{"CORE-A-001", "CORE-A-002"}},
		"by id":        {requirement.Query{IDs: []string{"*-001"}}, []string{"CORE-A-001", "ES-A-001", "ES-B-001"}},
		"by several":   {requirement.Query{Role: requirement.Function, IDs: []string{"ES-*"}, Level: requirement.Should}, []string{"ES-B-001"}},
		"by exact ids": {requirement.Query{IDs: []string{"ES-B-001", "ES-A-001"}}, []string{"ES-A-001", "ES-B-001"}},
		"none":         {requirement.Query{IDs: []string{"VAL-*"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := test.query.Validate(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, ids(set.Select(test.query))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateRefusesABadGlob(t *testing.T) {
	t.Parallel()
	if err := (requirement.Query{IDs: []string{"ES-["}}).Validate(); err == nil {
		t.Error("a bad glob was accepted")
	}
}

func TestCover(t *testing.T) {
	t.Parallel()
	cases := []engine.Case{
		{ID: "a", Requirements: []string{"CORE-A-001"}},
		{ID: "b", Requirements: []string{"CORE-A-001"}},
	}
	plan := requirement.Plan{Lines: []requirement.PlanLine{{ID: "ES-A-001", Role: requirement.Pair}}}
	coverage := set.Cover(cases, plan)
	if diff := cmp.Diff(map[string][]string{"CORE-A-001": {"a", "b"}}, coverage.Cases); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"CORE-A-001"}, ids(coverage.Measured)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"CORE-A-002"}, ids(coverage.Excused)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ES-A-001"}, ids(coverage.Planned)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ES-B-001"}, ids(coverage.Missing)); diff != "" {
		t.Error(diff)
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	cases := []engine.Case{
		{ID: "a", Requirements: []string{"ES-B-001"}},
		{ID: "b", Requirements: []string{"CORE-A-001", "CORE-A-002"}},
	}
	chosen := set.Select(requirement.Query{IDs: []string{"CORE-A-002"}}).Cases(cases)
	if len(chosen) != 1 || chosen[0].ID != "b" {
		t.Errorf("chose %v", chosen)
	}
}

type line struct{ engine.Step }

func TestCheckNamesEachMistake(t *testing.T) {
	t.Parallel()
	script := []engine.Step{line{}}
	err := set.Check([]engine.Case{
		{ID: "fine", Requirements: []string{"CORE-A-001"}, Profile: "core", Script: script},
		{ID: "fine", Requirements: []string{"CORE-A-001"}, Profile: "core", Script: script},
		{ID: "idle", Profile: "core"},
		{ID: "stray", Requirements: []string{"CORE-Z-001"}, Profile: "core", Script: script},
		{ID: "lax", Requirements: []string{"CORE-A-001"}, Profile: "core", Level: engine.Should, Script: script},
		{ID: "abroad", Requirements: []string{"ES-B-001"}, Profile: "core", Level: engine.Should, Script: script},
	})
	if err == nil {
		t.Fatal("nothing was found")
	}
	want := []string{
		"fine: there are two cases of this id",
		"idle: it measures no requirement",
		"idle: its script is empty",
		"stray: there is no requirement CORE-Z-001",
		"lax: CORE-A-001 is a MUST",
		"abroad: ES-B-001 is of profile event-sourced",
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestAllIsTheSpecification(t *testing.T) {
	t.Parallel()
	all := requirement.All()
	if len(all) != len(protocol.Requirements()) || len(all) == 0 {
		t.Fatalf("%d requirements", len(all))
	}
	r, found := all.Find("ES-REPLAY-003")
	if !found || r.Role != requirement.Function || r.Level != requirement.Must {
		t.Errorf("found %v, %+v", found, r)
	}
}

// What a case shows without an entity is not only for entities.
func TestOfEntities(t *testing.T) {
	t.Parallel()
	got := requirement.OfEntities([]engine.Case{
		{ID: "a", Model: "value", Requirements: []string{"CORE-A-001", "CORE-A-002"}},
		{ID: "b", Model: "action", Requirements: []string{"CORE-A-002", "ES-A-001"}},
		{ID: "c", Model: "replicated", Requirements: []string{"ES-A-001", "ES-B-001"}},
		{ID: "d", Requirements: []string{"ES-B-001"}},
		{ID: "e", Model: "event-sourced", Requirements: []string{"CORE-A-001"}},
	})
	if diff := cmp.Diff(map[string]bool{"CORE-A-001": true}, got); diff != "" {
		t.Error(diff)
	}
}
