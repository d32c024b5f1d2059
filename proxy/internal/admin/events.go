package admin

import (
	"context"
	"encoding/base64"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/inspect"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// How many events a page has, and with about how many bytes it ends.
const (
	usualEvents = 50
	mostEvents  = 500
	pageBytes   = 2 << 20
	// chunk is how many events are read at a time.
	chunk = 16
)

// ListEvents shows events of one entity, the newest first. A page ends early where its
// events are large.
func (s *Service) ListEvents(ctx context.Context, request *adminv1alpha1.ListEventsRequest) (*adminv1alpha1.ListEventsResponse, error) {
	served, registry, err := s.stateful(request.GetService())
	if err != nil {
		return nil, err
	}
	if served.Kind != wire.EventSourced {
		return nil, fault.New(fault.Invalid, "%s is %s: its entities have no events", served.Name, served.Kind)
	}
	most, err := size(request.GetPageSize(), usualEvents, mostEvents)
	if err != nil {
		return nil, err
	}
	id := store.ID{Persistence: served.Persistence, Entity: request.GetKey()}
	head, err := s.head(ctx, id)
	if err != nil {
		return nil, storeFault(err)
	}
	last, err := numberPlace(request.GetPageToken(), head.Last)
	if err != nil {
		return nil, err
	}
	page := &eventPage{viewer: viewer{lens: inspect.New(registry.Files()), aliases: served.Aliases}, most: most}
	for last = min(last, head.Last); last > 0 && !page.full(); last -= chunk {
		if err := page.read(ctx, s.config.Store, id, max(last-chunk+1, 1), last); err != nil {
			return nil, storeFault(err)
		}
	}
	return page.response(), nil
}

// eventPage is a page that is being read, downwards.
type eventPage struct {
	viewer

	most, bytes int
	events      []*adminv1alpha1.Event
}

func (p *eventPage) full() bool { return len(p.events) >= p.most || p.bytes >= pageBytes }

// read adds the events from the one sequence to the other, the last one first, until the
// page is full.
func (p *eventPage) read(ctx context.Context, history store.Catalogue, id store.ID, first, last int64) error {
	var read []entity.Event
	err := history.History(ctx, id, first, last, func(event entity.Event) error {
		read = append(read, event)
		return nil
	})
	for _, event := range slices.Backward(read) {
		if p.full() {
			break
		}
		p.bytes += min(len(event.Payload.GetValue()), inspect.MaxBytes)
		p.events = append(p.events, p.event(event))
	}
	return err
}

// event shows one event.
func (p *eventPage) event(event entity.Event) *adminv1alpha1.Event {
	shown := &adminv1alpha1.Event{Sequence: event.Sequence, Payload: p.payload(event.Payload)}
	if !event.Time.IsZero() {
		shown.Time = timestamppb.New(event.Time)
	}
	for _, entry := range event.Metadata.GetEntries() {
		shown.Metadata = append(shown.Metadata, &adminv1alpha1.Metadatum{Key: text(entry.GetKey()), Value: metadatum(entry)})
	}
	return shown
}

// metadatum shows one value.
func metadatum(entry *entityv1.MetadataEntry) string {
	if in, is := entry.GetValue().(*entityv1.MetadataEntry_BytesValue); is {
		return base64.StdEncoding.EncodeToString(in.BytesValue)
	}
	return text(entry.GetStringValue())
}

// response returns the page, and where the next one begins.
func (p *eventPage) response() *adminv1alpha1.ListEventsResponse {
	response := &adminv1alpha1.ListEventsResponse{Events: p.events}
	if n := len(p.events); n > 0 && p.full() && p.events[n-1].GetSequence() > 1 {
		response.NextPageToken = numberToken(p.events[n-1].GetSequence() - 1)
	}
	return response
}
