package app

import (
	"context"
	"errors"
	"fmt"
)

// drain takes no further call and lets those under way finish, until the drain
// time-out or the end of abort. The function and the store still serve them.
func (p *proxy) drain(abort context.Context) error {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	p.config.Log.Info("stopping: commands under way may finish", "within", p.config.DrainTimeout.String())
	ctx, cancel := context.WithTimeoutCause(abort, p.config.DrainTimeout, errors.New("the drain time-out has passed"))
	defer cancel()
	p.user.client.Drain(p.config.DrainTimeout) // before an entity is passivated because of it
	// The entities have their turn when the calls are done, whatever came of them.
	if err := errors.Join(p.frontend.Drain(ctx), p.router.Drain(ctx)); err != nil {
		return fmt.Errorf("stopped with commands under way: %w", context.Cause(ctx))
	}
	return nil
}

// close closes what is left once nothing runs any more.
func (p *proxy) close(abort context.Context) error {
	ctx, cancel := context.WithTimeout(abort, p.config.DrainTimeout)
	defer cancel()
	p.desk.service.Close()
	p.copies.Close()
	err := errors.Join(p.replicas.Close(ctx), p.leave(ctx), p.store.Close(), p.admin.Close(ctx))
	p.observers.close(ctx)
	p.config.Log.Info("stopped")
	return err
}

// abandon closes what a start that has failed has opened.
func (p *proxy) abandon(ctx context.Context) (err error) {
	if p.frontend != nil {
		p.frontend.Close()
	}
	if p.replicas != nil {
		err = p.replicas.Close(ctx)
	}
	p.observers.close(ctx)
	return errors.Join(err, p.leave(ctx), p.store.Close())
}
