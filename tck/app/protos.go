package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/tck/scaffold"
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
			protos, err := scaffold.Protos()
			if err == nil {
				err = scaffold.Write(args[0], protos, true)
			}
			if err != nil {
				return &exit{code: ExitKit, err: fmt.Errorf("the protos cannot be written: %w", err)}
			}
			fmt.Fprintf(io.out, "wrote %d protos below %s\n", len(protos), args[0])
			return nil
		},
	}
}
