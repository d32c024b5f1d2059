package app

import (
	"github.com/stateward/stateward/proxy/internal/setting"
	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// prefix begins the name of every variable that stands for a flag.
const prefix = "STATEWARD_"

// ownerVariable is what the kit sets for each process that it starts; it is no
// setting.
const ownerVariable = "STATEWARD_TCK_OWNER"

// settings declares every setting of a proxy with the config's values as the
// defaults, in the order in which people read them.
func (c *Config) settings(set *setting.Set) {
	c.functionSettings(set)
	c.portSettings(set)
	c.Security.settings(set)
	c.storeSettings(set)
	c.entitySettings(set)
	c.stopSettings(set)
	c.observerSettings(set)
}

func (c *Config) functionSettings(set *setting.Set) {
	set.Group("User function")
	set.String(&c.Function, "function", "where the user function listens: HOST:PORT or unix:PATH")
	set.Choice(&c.Dialect, []string{wire.NameAuto, wire.NameV1, wire.NameCloudstate}, "dialect", "in what the function is spoken to: v1, cloudstate-0.2, or auto, which asks in each until it answers")
	set.Bool(&c.Unversioned, "unversioned", "take a function of Cloudstate that states no version for one of 0.2, also where it has replicated entities")
	set.Bool(&c.Base64, "base64-metadata", "send metadata whose name ends in -bin to a function of Cloudstate as text in base64, and not as bytes")
	set.Size(&c.MaxMessage, "max-message", "largest message to or from the function; to it no larger than it says that it takes; a request may take 128KiB less")
	set.Duration(&c.CommandTimeout, "command-timeout", "how long the function may take to answer one command")
	set.Bool(&c.Dev, "dev", "tell the function that it is being developed and may lose its state, as --store memory does; changes nothing else")
}

func (c *Config) portSettings(set *setting.Set) {
	set.Group("Ports")
	set.String(&c.Listen, "listen", "where the function's services are served: HOST:PORT; port 0 takes a free one")
	set.List(&c.Origins, "cors-origins", "origins whose pages may call from a browser, such as https://shop.example; * alone is every one")
	set.Bool(&c.Credentials, "cors-credentials", "let the pages of these origins send cookies and the like; not with *")
	c.Connections.settings(set)
	set.String(&c.Admin, "admin", "where operators look, with a browser too, and where /healthz, /readyz and /metrics are: HOST:PORT; port 0 takes a free one")
}

func (c *Config) storeSettings(set *setting.Set) {
	set.Group("Store")
	set.Choice(&c.Store, stores, "store", "what keeps the state: pebble, postgres, or memory, which forgets it at the end")
	set.String(&c.Data, "data", "directory of the store pebble; made if it is not there, and used by one proxy at a time")
	set.String(&c.Database, "database", "database of the store postgres, as a URL or as key=value pairs; one with a password in it does not belong on a command line, where everyone on the machine can see it").
		Secret(maskDatabase)
	set.String(&c.Node, "node", "name of this proxy that stays over restarts, so that one that was killed is followed at once, and that no other proxy has at the same time; with the store postgres")
}

func (c *Config) entitySettings(set *setting.Set) {
	set.Group("Entities")
	set.Duration(&c.IdleTimeout, "idle-timeout", "how long an entity without commands stays in memory, where the function does not say")
	set.Int(&c.Mailbox, "mailbox", "how many commands may wait for one entity")
	set.Int(&c.Active, "max-active", "how many entities may be active before the one idle longest leaves memory; 0 is any number")
	set.Int(&c.SnapshotAfter, "snapshot-after", "how many events without a snapshot an entity has when the function is asked for one, where it can be asked; 0 is never")
}

func (c *Config) stopSettings(set *setting.Set) {
	set.Group("Stop")
	set.Duration(&c.DrainTimeout, "drain-timeout", "how long commands under way may take when the proxy stops")
}

// logging is how the command logs; a program that embeds the proxy brings a log of
// its own.
type logging struct{ level, format string }

func (l *logging) settings(set *setting.Set) {
	set.Group("Log")
	set.Choice(&l.level, []string{"debug", "info", "warn", "error"}, "log-level", "what is logged: debug, info, warn or error")
	set.Choice(&l.format, []string{telemetry.FormatAuto, telemetry.FormatText, telemetry.FormatJSON}, "log-format", "how it is logged: text, json, or auto, which is text on a terminal")
}
