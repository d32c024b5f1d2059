package suite_test

import (
	"cmp"
	"context"
	"flag"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/v1"
	"github.com/stateward/stateward/tck/mutant"
	"github.com/stateward/stateward/tck/report"
	"github.com/stateward/stateward/tck/subject"
	"github.com/stateward/stateward/tck/suite"
)

var (
	attach   = flag.String("subject", "", "certify this subject (image:, cmd: or addr:) instead of the kit's own model")
	bent     = flag.String("mutant", "", "certify this mutant of the model")
	profiles = flag.String("profile", strings.Join(mutant.Profiles(), ","), "profiles to certify")
	written  = flag.String("report", "", "write the report to this file")
)

// started is the subject, as this process reaches it.
var started *subject.Subject

// TestFunction certifies the model of a user function, which is correct, or
// what -subject says.
func TestFunction(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.SynchronizedBeforeSuite(launch, reach)
	suite.Function(suite.Config{
		Profiles: strings.Split(*profiles, ","),
		Target:   func() engine.Target { return started },
		Patience: time.Minute, // a machine that does other work besides makes it late
		Report:   *written,
		Subject: func() *tckv1.Subject {
			describe := report.Function
			if started.Dialect() == dialect.Cloudstate {
				describe = report.CloudstateFunction
			}
			return describe(cmp.Or(*attach, started.Spec().String()), started.Discovery())
		},
	})
	suite.Run(t, "Stateward conformance")
}

// launch starts the subject once, whatever the number of processes, and tells
// them where it is.
func launch(ctx ginkgo.SpecContext) []byte {
	if *attach == "" {
		return []byte(serveModel(ctx))
	}
	spec, err := subject.Parse(*attach)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	launched, err := subject.Start(ctx, spec, subject.Config{})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) error { return launched.Close(ctx) })
	return []byte(launched.Address())
}

// reach attaches this process to the subject.
func reach(ctx ginkgo.SpecContext, address []byte) {
	var err error
	started, err = subject.Start(ctx, subject.Spec{Kind: subject.Address, Value: string(address)}, subject.Config{})
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) error { return started.Close(ctx) })
}

// serveModel serves the kit's model on loopback and returns the address.
func serveModel(ctx context.Context) string {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	serving, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	in := dialect.V1
	if *profiles == string(dialect.Cloudstate) {
		in = dialect.Cloudstate
	}
	go func() { served <- mutant.ListenIn(serving, listener, in, *bent) }()
	ginkgo.DeferCleanup(func() error {
		stop()
		return <-served
	})
	return listener.Addr().String()
}
