// Package googleapis holds the declarations of google.api.http, which the protos of
// this project import.
package googleapis

import "embed"

// Protos are the protos, by the path at which others import them.
//
//go:embed google
var Protos embed.FS
