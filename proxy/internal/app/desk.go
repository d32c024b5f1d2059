package app

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/admin"
	"github.com/stateward/stateward/proxy/internal/console"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/telemetry"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// desk is where operators are answered.
type desk struct {
	service *admin.Service
	console *console.Console
	witness *admin.Witness
	// answer is the function's last one; nil before the first.
	answer *atomic.Pointer[admin.Answer]
	// stop is closed, once, when an operator wants the proxy to stop.
	stop    chan struct{}
	stopped *sync.Once
}

func newDesk() desk {
	return desk{
		witness: admin.NewWitness(), answer: new(atomic.Pointer[admin.Answer]), stop: make(chan struct{}), stopped: new(sync.Once),
	}
}

// openDesk makes the service, over rooms that are there.
func (p *proxy) openDesk() (err error) {
	p.desk.service, err = admin.New(admin.Config{
		Runtime: p.entities, Witness: p.desk.witness, Store: p.store, Backend: p.config.Store, Replicas: p.replicas,
		Effects: p.durable, Sample: p.metrics.Sample, Reasons: p.reasons, Function: p.function, Accepted: p.user.accepted.Load,
		Stop: func() { p.desk.stopped.Do(func() { close(p.desk.stop) }) }, Version: p.config.Version,
	})
	if err != nil {
		return err
	}
	p.desk.console, err = console.New(p.desk.service, p.config.Log)
	return err
}

// adminPages puts together what is on the admin port: the pages for probes and for
// Prometheus are for everybody who reaches it, and all else goes through the door.
func (p *proxy) adminPages() http.Handler {
	inside := http.NewServeMux()
	inside.Handle(p.desk.service.Handler())
	inside.Handle("/", p.desk.console)
	p.addCopies(inside)
	pages := telemetry.Pages(p.reasons, p.metrics.Handler())
	pages.Handle("/", p.config.adminDoor(inside))
	return pages
}

// note keeps what came of an answer to Discover.
func (d *desk) note(dialect wire.Dialect, answer *discoveryv1.DiscoverResponse, registry *descriptor.Registry, mistakes []descriptor.Mistake) {
	d.answer.Store(&admin.Answer{
		At: time.Now(), Dialect: dialect, Info: answer.GetServiceInfo(), Entities: answer.GetEntities(),
		Registry: registry, Mistakes: mistakes,
	})
}

// function tells of the user function.
func (p *proxy) function() admin.Function {
	return admin.Function{Target: p.config.Function, Reasons: p.user.client.Reasons(), Answer: p.desk.answer.Load()}
}
