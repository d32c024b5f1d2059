package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"

	"github.com/stateward/stateward/tck/app"
	"github.com/stateward/stateward/tck/kind"
)

// What is written compiles as it stands there, with no other import path.
func TestProtosCompile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "protos")
	for range 2 { // writing over what is there changes nothing
		run(t, "protos", dir).expect(t, app.ExitPassed, "protos below "+dir)
	}
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{dir}}),
	}
	compiled, err := compiler.Compile(t.Context(), files...)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]bool{}
	for _, file := range compiled {
		for i := range file.Services().Len() {
			services[string(file.Services().Get(i).FullName())] = true
		}
	}
	for _, want := range append(kind.Types(), "stateward.discovery.v1.DiscoveryService",
		"stateward.tck.eventsourced.v1.EventSourcedTckModelService", "cloudstate.tck.model.crdt.CrdtTckModel") {
		if !services[want] {
			t.Errorf("%s is not among what was written: %s", want, strings.Join(files, " "))
		}
	}
}

func TestProtosCannotBeWritten(t *testing.T) {
	run(t, "protos", filepath.Join(file(t, "file", ""), "dir")).expect(t, app.ExitKit, "the protos cannot be written")
	run(t, "protos").expect(t, app.ExitUsage, "it takes one DIR")
}
