package descriptor

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

const howToBuild = "build the set with `buf build -o set.binpb` or `protoc --include_imports --include_source_info -o set.binpb`"

// fileState is how far a file has come.
type fileState uint8

const (
	waiting  fileState = iota
	building           // its imports are being built
	built              // and registered
	broken             // its own mistake, or that of an import, has been named
)

// fileSet builds the files of one descriptor set, each after its imports.
type fileSet struct {
	named  []*descriptorpb.FileDescriptorProto // one of each name, in the set's order
	byName map[string]*descriptorpb.FileDescriptorProto
	state  map[string]fileState
	trail  []string // the files whose imports are being built, outermost first
	files  *protoregistry.Files
	found  []Mistake
}

// readFiles builds the files of a serialized FileDescriptorSet. It names every
// mistake; the files that have none, in themselves and in their imports, are built.
func readFiles(serialized []byte) *fileSet {
	s := &fileSet{
		byName: map[string]*descriptorpb.FileDescriptorProto{},
		state:  map[string]fileState{},
		files:  new(protoregistry.Files),
	}
	set := new(descriptorpb.FileDescriptorSet)
	// The empty resolver leaves every option as bytes, whatever this process knows.
	if err := (proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}).Unmarshal(serialized, set); err != nil {
		s.mistakef(Place{}, "the field proto is not a serialized google.protobuf.FileDescriptorSet (%v): %s", err, howToBuild)
		return s
	}
	if len(set.GetFile()) == 0 {
		s.mistakef(Place{}, "the field proto holds no file: %s", howToBuild)
		return s
	}
	s.collect(set)
	for _, file := range s.named {
		s.build(file)
	}
	return s
}

// collect takes one file of each name; copies that are equal but for their source
// positions are fine (DISC-DESC-004).
func (s *fileSet) collect(set *descriptorpb.FileDescriptorSet) {
	for _, file := range set.GetFile() {
		name := file.GetName()
		first, twice := s.byName[name]
		switch {
		case !twice:
			s.byName[name] = file
			s.named = append(s.named, file)
		case !proto.Equal(withoutPositions(first), withoutPositions(file)):
			s.mistakef(Place{File: name}, "the descriptor set holds two different files with the name %q: give one of them another path", name)
			s.state[name] = broken
		}
	}
}

// withoutPositions returns a copy of the file less its source positions.
func withoutPositions(file *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	bare := proto.CloneOf(file)
	bare.SourceCodeInfo = nil
	return bare
}

// build builds the file after its imports and reports whether it is there.
func (s *fileSet) build(file *descriptorpb.FileDescriptorProto) bool {
	name := file.GetName()
	switch s.state[name] {
	case built:
		return true
	case broken:
		return false
	case building:
		circle := append(slices.Clone(s.trail[slices.Index(s.trail, name):]), name)
		s.mistakef(Place{File: name}, "these files import each other: %s; take one of the imports out", strings.Join(circle, " → "))
		return false
	case waiting:
	}
	s.state[name] = building
	s.trail = append(s.trail, name)
	whole := s.buildImports(file)
	s.trail = s.trail[:len(s.trail)-1]
	if !whole || !s.register(file) {
		s.state[name] = broken
		return false
	}
	s.state[name] = built
	return true
}

// buildImports reports whether every import of the file is there.
func (s *fileSet) buildImports(file *descriptorpb.FileDescriptorProto) bool {
	whole := true
	for i, name := range file.GetDependency() {
		imported, ok := s.byName[name]
		if !ok {
			s.mistakef(placeOfImport(file, i), "%s imports %q, which the descriptor set lacks: %s", file.GetName(), name, howToBuild)
			whole = false
			continue
		}
		whole = s.build(imported) && whole
	}
	return whole
}

// register checks the file itself and makes it known to the files that import it.
func (s *fileSet) register(file *descriptorpb.FileDescriptorProto) bool {
	built, err := protodesc.NewFile(file, s.files)
	if err == nil {
		err = s.files.RegisterFile(built)
	}
	if err != nil {
		s.mistakef(Place{File: file.GetName()}, "the file %q is not a valid proto file (%v): %s", file.GetName(), err, howToBuild)
		return false
	}
	return true
}

// declares reports whether a file, built or not, declares the service.
func (s *fileSet) declares(service string) bool {
	for _, file := range s.named {
		for _, declared := range file.GetService() {
			name := declared.GetName()
			if file.GetPackage() != "" {
				name = file.GetPackage() + "." + name
			}
			if name == service {
				return true
			}
		}
	}
	return false
}

// mistakef notes a broken DISC-DESC-001; a place without a file is none.
func (s *fileSet) mistakef(place Place, format string, args ...any) {
	m := Mistake{Severity: discoveryv1.Severity_SEVERITY_ERROR, Requirement: fileRequirement, Text: fmt.Sprintf(format, args...)}
	if place != (Place{}) {
		m.Places = []Place{place}
	}
	s.found = append(s.found, m)
}
