// Package build says which build of the protocol's tools this is.
package build

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// About returns what the program with the name says to --version: its version,
// and from which commit, where the Go tool recorded it, and by which Go it was
// built.
func About(name string) string {
	version, built := "devel", runtime.Version()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Sprintf("%s %s (%s)", name, version, built)
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			built = setting.Value[:min(12, len(setting.Value))] + ", " + built
		}
	}
	return fmt.Sprintf("%s %s (%s)", name, version, built)
}
