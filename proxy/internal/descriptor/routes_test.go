package descriptor_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

func TestShop(t *testing.T) {
	t.Parallel()
	registry, found := descriptor.Build(wire.V1(), descriptortest.ShopAnswer())
	for _, m := range found {
		t.Error(m)
	}
	for _, b := range registry.Routes().Bindings() {
		t.Log(b.Verb, b.Path, b.Method.Name, b.Variables)
	}
}
