package mutant

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Listen serves the model on the listener until ctx ends, or the mutant of this
// name when it is not empty: a subject at an address, for tests that need one.
func Listen(ctx context.Context, listener net.Listener, name string) error {
	return ListenIn(ctx, listener, dialect.V1, name)
}

// ListenIn is Listen for a subject that speaks this dialect alone.
func ListenIn(ctx context.Context, listener net.Listener, in dialect.Dialect, name string) error {
	d := defect.None
	if name != "" {
		all := Mutants()
		at := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == name })
		if at < 0 {
			return fmt.Errorf("there is no mutant %q", name)
		}
		d = all[at].Defect
	}
	server := newFunction(in, d)
	ctx, cancel := context.WithCancel(ctx)
	var stopping sync.WaitGroup
	stopping.Go(func() {
		<-ctx.Done()
		server.Stop()
	})
	err := server.Serve(listener)
	cancel()
	stopping.Wait()
	return err
}
