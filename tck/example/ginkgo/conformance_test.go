// Package ginkgo_test shows how a support library embeds the kit in its own Ginkgo suite.
// Copy it; what is yours is the subject and its profiles.
package ginkgo_test

import (
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/subject"
	"github.com/stateward/stateward/tck/suite"
)

// started is the function under test, as this process reaches it.
var started *subject.Subject

func TestConformance(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)

	// Each process of ginkgo -p has a function of its own.
	ginkgo.BeforeSuite(func(ctx ginkgo.SpecContext) {
		binary, err := gexec.Build("github.com/stateward/stateward/reference-impl/go/model") // yours
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		ginkgo.DeferCleanup(gexec.CleanupBuildArtifacts)

		spec, err := subject.Parse("cmd:'" + binary + "'")
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		started, err = subject.Start(ctx, spec, subject.Config{Within: time.Minute})
		gomega.Expect(err).NotTo(gomega.HaveOccurred())
		ginkgo.DeferCleanup(func(ctx ginkgo.SpecContext) error { return started.Close(ctx) })
	})

	// The cases of the kit, beside whatever else the suite has.
	suite.Function(suite.Config{
		Profiles: []string{"core", "http", "forwarding", "event-sourced"},
		Target:   func() engine.Target { return started },
	})
	ginkgo.It("is discovered with a name of its own", func() {
		gomega.Expect(started.Discovery().GetServiceInfo().GetSupportLibraryName()).To(gomega.Equal("stateward-go"))
	})

	suite.Run(t, "My support library")
}
