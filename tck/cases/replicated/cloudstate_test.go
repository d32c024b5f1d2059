package replicated_test

import (
	"slices"
	"testing"

	"github.com/stateward/stateward/tck/cases/replicated"
)

// Cloudstate's kit made 82 checks of replicated entities: eight of each of the eight
// types, and eighteen others. Each is made here, by one case.
func TestEachCheckOfCloudstateIsMade(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	for _, c := range replicated.Cases() {
		for _, name := range c.Cloudstate {
			made[name]++
		}
	}
	if len(made) != 82 {
		t.Errorf("%d checks, want 82", len(made))
	}
	for name, times := range made {
		if times != 1 {
			t.Errorf("%s is made %d times", name, times)
		}
	}
	for _, typed := range []string{"gcounter", "pncounter", "gset", "orset", "lwwregister", "flag", "ormap", "vote"} {
		for _, check := range []string{
			"empty-state", "state-changes", "initial-delta", "empty-init-then-delta",
			"local-and-remote-changes", "rehydration", "delete-by-the-entity", "delete-sent",
		} {
			if name := "replicated/" + typed + "/" + check; made[name] == 0 {
				t.Errorf("nothing makes %s", name)
			}
		}
	}
}

func TestEachCaseHasItsOwnID(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, c := range replicated.Cases() {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		t.Errorf("%d cases have %d ids", len(ids), len(unique))
	}
}
