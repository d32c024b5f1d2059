package header_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/header"
)

// TestReserved covers ACC-RESERVE-002 and ACC-RESERVE-003: what only the proxy says is taken
// from whatever a function says.
func TestReserved(t *testing.T) {
	t.Parallel()
	given := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("stateward-principal", "boss"), text("Stateward-Principal", "boss"), text("STATEWARD-principal-role", "boss"),
		bytes("stateward-principal-bin", "boss"), text("stateward-", "x"), text("stateward-of-tomorrow", "x"),
		text("stateward", "kept"), text("x-stateward-principal", "kept"),
	}}
	want := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{text("stateward", "kept"), text("x-stateward-principal", "kept")}}
	if diff := cmp.Diff(want, header.Forwarded(given), protocmp.Transform()); diff != "" {
		t.Errorf("a forward (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, header.Returned(given), protocmp.Transform()); diff != "" {
		t.Errorf("a reply (-want +got):\n%s", diff)
	}
}

func TestPrincipal(t *testing.T) {
	principal := []*entityv1.MetadataEntry{text(header.Principal, "ann"), text(header.PrincipalRole, "a"), text(header.PrincipalRole, "b")}
	own := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{text("colour", "red")}}
	said := header.WithPrincipal(own, principal)
	if diff := cmp.Diff(principal, header.OfPrincipal(said), protocmp.Transform()); diff != "" || len(said.GetEntries()) != 4 || len(own.GetEntries()) != 1 {
		t.Errorf("%v of %v: %s", said, own, diff)
	}
	if header.WithPrincipal(nil, nil) != nil || header.WithPrincipal(own, nil) != own || header.OfPrincipal(own) != nil {
		t.Error("where nobody is known, something is said of somebody")
	}
	if n := testing.AllocsPerRun(100, func() { header.OfPrincipal(own) }); n > 0 {
		t.Errorf("to find nobody costs %v allocations", n)
	}
}
