package app

import (
	"github.com/stateward/stateward/proxy/internal/frontend/cors"
	"github.com/stateward/stateward/proxy/internal/port"
)

// port is how the connections of callers are treated.
func (p *proxy) port() port.Config {
	config := port.Defaults()
	p.config.Connections.bound(&config)
	config.Observer = p.metrics.Connections()
	config.Log = p.config.Log
	config.TLS = p.secured.forCallers(&p.config)
	return config
}

// cors says which pages may call from a browser.
func (c *Config) cors() cors.Policy {
	return cors.Policy{Origins: c.Origins, Credentials: c.Credentials}
}
