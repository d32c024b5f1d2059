package app

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/tck/proto"
	"github.com/stateward/stateward/third_party/googleapis"
)

func protosCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "protos DIR",
		Short: "Write the protos that a support library needs",
		Long: `Writes the protos of the protocol, of the kit's model services, and of what they
import, into DIR, which then compiles as it is: it is the only import path. They are
those that this kit was built with, and need no network. A proto that stands there
already is written over; nothing else is touched.

What to generate from:
  stateward/*/v1           the protocol, which your library speaks
  stateward/tck/*/v1       the models, which your library serves to be certified
  cloudstate/…             the same models under the names of Cloudstate 0.2
  google/api               google.api.http, which the others import`,
		Example: `  tck protos ./proto
  protoc -I proto --python_out=gen $(cd proto && find stateward -name '*.proto')
  buf generate proto`,
		Args: exactly(1, "one DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			written, err := writeProtos(args[0])
			if err != nil {
				return &exit{code: ExitKit, err: fmt.Errorf("the protos cannot be written: %w", err)}
			}
			fmt.Fprintf(io.out, "wrote %d protos below %s\n", written, args[0])
			return nil
		},
	}
}

// writeProtos writes every proto, and returns how many there are.
func writeProtos(dir string) (written int, err error) {
	for _, tree := range []embed.FS{protocol.Protos, proto.Models, googleapis.Protos} {
		err = errors.Join(err, fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			written++
			return writeProto(tree, path, filepath.Join(dir, filepath.FromSlash(path)))
		}))
	}
	return written, err
}

func writeProto(tree embed.FS, from, to string) error {
	text, err := tree.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // sources are for everyone to read
		return err
	}
	return os.WriteFile(to, text, 0o644) //nolint:gosec // sources are for everyone to read
}
