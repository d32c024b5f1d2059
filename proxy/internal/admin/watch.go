package admin

import (
	"context"

	"connectrpc.com/connect"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// Watch sends what happens until its caller goes, or the proxy stops.
func (s *Service) Watch(
	ctx context.Context, request *adminv1alpha1.WatchRequest, stream *connect.ServerStream[adminv1alpha1.WatchResponse],
) error {
	return s.Follow(ctx, request.GetService(), stream.Send)
}

// Follow calls send with what happens, until it returns an error, ctx ends, or the service
// is closed.
func (s *Service) Follow(ctx context.Context, service string, send func(*adminv1alpha1.WatchResponse) error) error {
	watch, stop, err := s.config.Witness.watch(service)
	if err != nil {
		return err
	}
	defer stop()
	beats, next := s.pulse.read()
	err = send(s.told(ctx, beats))
	for err == nil {
		select {
		case <-next:
			if missed := watch.missed.Swap(0); missed > 0 {
				err = send(&adminv1alpha1.WatchResponse{What: &adminv1alpha1.WatchResponse_Missed{Missed: missed}})
			}
			if err == nil {
				beats, next = s.pulse.read()
				err = send(s.told(ctx, beats))
			}
		case passage := <-watch.passages:
			err = send(&adminv1alpha1.WatchResponse{What: &adminv1alpha1.WatchResponse_Passage{Passage: passage}})
		case <-ctx.Done():
			return ctx.Err()
		case <-s.quit:
			return nil
		}
	}
	return err
}

// told is the overview as those who watch get it.
func (s *Service) told(ctx context.Context, beats []beat) *adminv1alpha1.WatchResponse {
	o := s.overview(ctx, beats)
	o.Seconds = o.GetSeconds()[max(len(o.GetSeconds())-1, 0):]
	return &adminv1alpha1.WatchResponse{What: &adminv1alpha1.WatchResponse_Overview{Overview: o}}
}
