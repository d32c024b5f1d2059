package app

import (
	"fmt"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// openStore opens the store that the config, which is valid, names.
func openStore(config *Config) (store.Store, error) {
	if config.Store == StoreMemory {
		config.Log.Warn("state is kept in memory and is gone when the proxy ends")
		return memory.New(), nil
	}
	opened, err := pebble.Open(pebble.Config{Dir: config.Data, Logger: config.Log})
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	return opened, nil
}
