package admin

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/internal/durable"
)

// ListEffects lists those that are parked, in the order of their ids, which is that in
// which they were stored.
func (s *Service) ListEffects(_ context.Context, request *adminv1alpha1.ListEffectsRequest) (*adminv1alpha1.ListEffectsResponse, error) {
	most, err := size(request.GetPageSize(), usualEntities, mostEntities)
	if err != nil {
		return nil, err
	}
	after, err := placeOf(request.GetPageToken())
	if err != nil {
		return nil, err
	}
	parked := s.config.Effects.Parked()
	at, found := slices.BinarySearchFunc(parked, after, func(p durable.Parked, id string) int { return strings.Compare(p.ID, id) })
	if found {
		at++
	}
	parked = parked[at:]
	response := new(adminv1alpha1.ListEffectsResponse)
	if len(parked) > most {
		parked = parked[:most]
		response.NextPageToken = token(parked[most-1].ID)
	}
	for _, p := range parked {
		response.Effects = append(response.Effects, &adminv1alpha1.Effect{
			Id: text(p.ID), SourceService: text(p.Source.Service), SourceKey: text(p.Source.Entity), Target: text(p.Target),
			IdempotencyKey: text(p.Key), Stored: timestamppb.New(p.Stored), Parked: timestamppb.New(p.At),
			Attempts: int32(p.Attempts), Code: p.Code.String(), Text: text(p.Text),
		})
	}
	return response, nil
}

// RetryEffect has a parked effect tried again.
func (s *Service) RetryEffect(ctx context.Context, request *adminv1alpha1.RetryEffectRequest) (*adminv1alpha1.RetryEffectResponse, error) {
	if err := s.config.Effects.Retry(ctx, request.GetId()); err != nil {
		return nil, err
	}
	return new(adminv1alpha1.RetryEffectResponse), nil
}

// RemoveEffect removes a parked effect.
func (s *Service) RemoveEffect(ctx context.Context, request *adminv1alpha1.RemoveEffectRequest) (*adminv1alpha1.RemoveEffectResponse, error) {
	if err := s.config.Effects.Remove(ctx, request.GetId()); err != nil {
		return nil, err
	}
	return new(adminv1alpha1.RemoveEffectResponse), nil
}
