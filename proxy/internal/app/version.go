package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set by the linker, as `make build` does; else they are empty.
var version, commit string

// ownVersion returns the version of the binary: the linker's, or what the Go
// tool recorded when it built a released module.
func ownVersion() string {
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

// about is what --version prints: name version (commit, version of Go).
func about() string {
	built := runtime.Version()
	if commit != "" {
		built = commit + ", " + built
	}
	return fmt.Sprintf("stateward-proxy %s (%s)", ownVersion(), built)
}
