package admin

import (
	"context"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
)

// GetStoreStats says what the store knows of itself.
func (s *Service) GetStoreStats(ctx context.Context, _ *adminv1alpha1.GetStoreStatsRequest) (*adminv1alpha1.GetStoreStatsResponse, error) {
	response := &adminv1alpha1.GetStoreStatsResponse{Backend: s.config.Backend}
	if err := s.config.Store.Ping(ctx); err != nil {
		response.Problem = text(err.Error())
	}
	figures, err := s.config.Store.Figures(ctx)
	if err != nil {
		return nil, storeFault(err)
	}
	for _, figure := range figures {
		shown := &adminv1alpha1.Figure{Name: text(figure.Name), Value: figure.Value, Estimated: figure.Estimated}
		if figure.Bytes {
			shown.Unit = "bytes"
		}
		response.Figures = append(response.Figures, shown)
	}
	return response, nil
}
