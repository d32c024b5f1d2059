// Package scaffold is the project that a support library begins with, in each language:
// protos, what generates code from them, a model that answers discovery and nothing
// else, and a gate in CI. `tck init` writes it.
package scaffold

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/protocol/templates"
	"github.com/stateward/stateward/tck/proto"
	"github.com/stateward/stateward/third_party/googleapis"
)

// own is what the templates of the protocol lack: what goes into every project, and
// what goes into that of one language.
//
//go:embed all:every all:go all:java all:python all:rust all:typescript
var own embed.FS

// File is one file of a project.
type File struct {
	// Path is relative, with slashes.
	Path string
	// Text is what it holds.
	Text []byte
}

// language says what becomes of a template of the protocol.
type language struct {
	name string
	// takes are the files of the template that go into a project.
	takes []string
	// adapts replaces, in what is taken, what was for the template's own program.
	adapts []adaption
}

// adaption replaces a text that stands in the file once.
type adaption struct{ file, old, new string }

// languages are those that a project can be in. Go's template cannot be embedded: what
// others take of theirs lies here, and a test compares it.
var languages = []language{
	{name: "go"},
	{
		name:  "python",
		takes: []string{"buf.gen.yaml", "protoc_gen_grpc_python.py", "requirements.txt"},
	},
	{
		name:  "typescript",
		takes: []string{".npmrc", "buf.gen.yaml", "package-lock.json", "package.json", "src/grpc.ts", "tsconfig.json"},
		adapts: []adaption{
			{"package.json", `"roundtrip": "node dist/src/roundtrip.js"`, `"start": "node dist/src/model.js"`},
		},
	},
	{
		name:   "java",
		takes:  []string{"buf.gen.yaml", "pom.xml"},
		adapts: []adaption{{"pom.xml", "<mainClass>RoundTrip</mainClass>", "<mainClass>Model</mainClass>"}},
	},
	{
		name:  "rust",
		takes: []string{"buf.gen.yaml", "Cargo.toml"},
		adapts: []adaption{
			{"Cargo.toml", `name = "roundtrip"`, `name = "model"`},
			{"Cargo.toml", "src/roundtrip.rs", "src/model.rs"},
			{
				"Cargo.toml", "# For roundtrip alone.\nhex = \"=0.4.3\"\nserde_json = \"=1.0.145\"\n",
				"tokio = { version = \"=1.54.1\", features = [\"macros\", \"rt-multi-thread\"] }\ntokio-stream = \"=0.1.19\"\n",
			},
		},
	},
}

// renamed are the files that under their own names would mean something where they lie
// here: another module to Go, what is ignored to git.
var renamed = map[string]string{"go.mod.txt": "go.mod", "go.sum.txt": "go.sum", "gitignore": ".gitignore"}

// Languages are the names of the languages, as Project takes them.
func Languages() []string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	return names
}

// Project returns the files of a project in one of the Languages, in order of their
// paths. It fails for another language.
func Project(name string) ([]File, error) {
	i := slices.IndexFunc(languages, func(l language) bool { return l.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no project in %q; there is one in %s", name, strings.Join(Languages(), ", "))
	}
	files, err := languages[i].taken()
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{"every", name} {
		more, err := tree(own, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	protos, err := Protos()
	if err != nil {
		return nil, err
	}
	for _, file := range protos {
		files = append(files, File{Path: path.Join("proto", file.Path), Text: file.Text})
	}
	files = withInputs(files)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

// Protos are those that a support library needs, each by its import path.
func Protos() ([]File, error) {
	var files []File
	for _, protos := range []embed.FS{protocol.Protos, proto.Models, googleapis.Protos} {
		more, err := tree(protos, ".")
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}

// Commands are the shell commands that a project's README begins with, one a line.
func Commands(project []File) string {
	for _, file := range project {
		if file.Path == "README.md" {
			_, rest, _ := strings.Cut(string(file.Text), "```sh\n")
			commands, _, _ := strings.Cut(rest, "```")
			return commands
		}
	}
	return ""
}

// taken is what the project takes of its language's template, adapted.
func (l language) taken() ([]File, error) {
	var files []File
	for _, name := range l.takes {
		text, err := templates.Files.ReadFile(path.Join(l.name, name))
		if err != nil {
			return nil, err
		}
		for _, a := range l.adapts {
			if a.file != name {
				continue
			}
			if n := bytes.Count(text, []byte(a.old)); n != 1 {
				return nil, fmt.Errorf("%s/%s has %d times %q, which is to be replaced", l.name, name, n, a.old)
			}
			text = bytes.Replace(text, []byte(a.old), []byte(a.new), 1)
		}
		files = append(files, File{Path: name, Text: text})
	}
	return files, nil
}

// withInputs tells buf in buf.gen.yaml where the project has its protos.
func withInputs(files []File) []File {
	inputs := slices.IndexFunc(files, func(f File) bool { return f.Path == "inputs.yaml" })
	for i := range files {
		if files[i].Path == "buf.gen.yaml" {
			files[i].Text = slices.Concat(files[i].Text, files[inputs].Text)
		}
	}
	return slices.Delete(files, inputs, inputs+1)
}

// tree returns the files below dir, by their paths from there.
func tree(from embed.FS, dir string) ([]File, error) {
	var files []File
	err := fs.WalkDir(from, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := from.ReadFile(name)
		if err != nil {
			return err
		}
		to := strings.TrimPrefix(name, dir+"/")
		to = path.Join(path.Dir(to), cmp.Or(renamed[path.Base(to)], path.Base(to)))
		files = append(files, File{Path: to, Text: text})
		return nil
	})
	return files, err
}
