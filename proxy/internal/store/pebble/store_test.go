package pebble_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Backend{
		Open: func(dir string) (store.Store, error) {
			return pebble.Open(pebble.Config{Dir: dir, Logger: discard()})
		},
		Durable: true,
	})
}
