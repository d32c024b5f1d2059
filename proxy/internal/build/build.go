// Package build says which build of the proxy's programs this is.
package build

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set by the linker, as `make build` does; else they are empty.
var version, commit string

// Version returns the version of the program: the linker's, or what the Go tool
// recorded.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case version != "":
		return version
	case ok && info.Main.Version != "" && info.Main.Version != "(devel)":
		return strings.TrimPrefix(info.Main.Version, "v")
	default:
		return "devel"
	}
}

// About returns what the program with the name says to --version: its version,
// and from which commit and by which Go it was built.
func About(name string) string {
	built := runtime.Version()
	if commit != "" {
		built = commit + ", " + built
	}
	return fmt.Sprintf("%s %s (%s)", name, Version(), built)
}
