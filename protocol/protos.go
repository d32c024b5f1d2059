package protocol

import "embed"

// Protos are the protos of the protocol, by the path at which others import them,
// such as "stateward/discovery/v1/discovery.proto".
//
//go:embed stateward
var Protos embed.FS
