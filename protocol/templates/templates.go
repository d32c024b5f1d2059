// Package templates holds the projects that generate code from the protos, by language,
// for tools that write one. Go's is a module of its own, which Go does not embed.
package templates

import "embed"

// Files are the templates, each below its language: "python/buf.gen.yaml".
//
//go:embed all:java all:python all:rust all:typescript
var Files embed.FS
