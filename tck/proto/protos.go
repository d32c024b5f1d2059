// Package proto holds the protos of the kit.
package proto

import "embed"

// Models are the protos of the model services, under both sets of names, by the path
// at which others import them. That of the report, which no user function needs, is
// not among them.
//
//go:embed cloudstate stateward/tck/action stateward/tck/eventsourced stateward/tck/replicated stateward/tck/value
var Models embed.FS
