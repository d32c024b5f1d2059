package action_test

import (
	"fmt"
	"iter"

	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/action"
)

// Temperatures, by a method of each shape.
func Example() {
	service := temperaturev1.File_stateward_samples_temperature_v1_temperature_proto.Services().ByName("TemperatureService")
	temperatures := action.New(service)
	action.Unary(temperatures, "Convert",
		func(_ *action.Context, request *temperaturev1.ConvertRequest) (*temperaturev1.ConvertResponse, error) {
			return &temperaturev1.ConvertResponse{Temperature: request.GetTemperature()}, nil
		})
	action.StreamedIn(temperatures, "Average",
		func(_ *action.Context, requests iter.Seq2[*temperaturev1.AverageRequest, error]) (*temperaturev1.AverageResponse, error) {
			response := &temperaturev1.AverageResponse{}
			for _, err := range requests {
				if err != nil {
					return nil, err // the call is over
				}
				response.Count++
			}
			return response, nil // the caller has half-closed
		})
	action.StreamedOut(temperatures, "Tabulate",
		func(_ *action.Context, request *temperaturev1.TabulateRequest, responses *action.Responses[*temperaturev1.TabulateResponse]) error {
			for celsius := request.GetFrom(); celsius <= request.GetTo(); celsius++ {
				if err := responses.Send(&temperaturev1.TabulateResponse{Celsius: celsius}); err != nil {
					return err // nobody reads on
				}
			}
			return nil
		})
	action.Streamed(temperatures, "Watch",
		func(
			_ *action.Context, requests iter.Seq2[*temperaturev1.WatchRequest, error],
			responses *action.Responses[*temperaturev1.WatchResponse],
		) error {
			for request, err := range requests {
				if err != nil {
					return err
				}
				if err := responses.Send(&temperaturev1.WatchResponse{Temperature: request.GetTemperature()}); err != nil {
					return err
				}
			}
			return nil
		})

	_, err := sdk.New(sdk.Config{Name: "weather", Version: "1.0.0", Entities: []sdk.Entity{temperatures}})
	fmt.Println("mistakes:", err)
	// Output: mistakes: <nil>
}
