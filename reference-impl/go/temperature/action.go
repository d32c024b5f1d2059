package main

import (
	"errors"
	"iter"

	"google.golang.org/grpc/codes"

	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/action"
)

// temperatureAction binds the domain to the protos: one method for each shape.
func temperatureAction() sdk.Entity {
	service := temperaturev1.File_stateward_samples_temperature_v1_temperature_proto.Services().ByName("TemperatureService")
	temperature := action.New(service)
	action.Unary(temperature, "Convert", convert)
	action.StreamedIn(temperature, "Average", average)
	action.StreamedOut(temperature, "Tabulate", tabulate)
	action.Streamed(temperature, "Watch", watch)
	return temperature
}

func convert(_ *action.Context, request *temperaturev1.ConvertRequest) (*temperaturev1.ConvertResponse, error) {
	kelvin, err := read(request.GetTemperature())
	if err != nil {
		return nil, refuse(err)
	}
	converted, err := kelvin.In(request.GetTo())
	if err != nil {
		return nil, refuse(err)
	}
	return &temperaturev1.ConvertResponse{Temperature: converted}, nil
}

// average answers once the caller has half-closed.
func average(_ *action.Context, requests iter.Seq2[*temperaturev1.AverageRequest, error]) (*temperaturev1.AverageResponse, error) {
	var mean Mean
	for request, err := range requests {
		if err != nil {
			return nil, err // the call is over
		}
		kelvin, err := read(request.GetTemperature())
		if err != nil {
			return nil, refuse(err)
		}
		mean.Add(kelvin)
	}
	kelvin, err := mean.Value()
	if err != nil {
		return nil, refuse(err)
	}
	celsius, err := kelvin.In(temperaturev1.Scale_SCALE_CELSIUS)
	return &temperaturev1.AverageResponse{Mean: celsius, Count: mean.count}, err
}

func tabulate(
	_ *action.Context, request *temperaturev1.TabulateRequest, responses *action.Responses[*temperaturev1.TabulateResponse],
) error {
	lines, err := table(request.GetFrom(), request.GetTo(), request.GetStep())
	if err != nil {
		return refuse(err)
	}
	for kelvin := range lines {
		line := &temperaturev1.TabulateResponse{
			Celsius: kelvin.celsius(), Fahrenheit: kelvin.fahrenheit(), Kelvin: float64(kelvin),
		}
		if err := responses.Send(line); err != nil {
			return err // nobody reads on
		}
	}
	return nil
}

// watch answers while the caller goes on: a response for each record.
func watch(
	_ *action.Context, requests iter.Seq2[*temperaturev1.WatchRequest, error], responses *action.Responses[*temperaturev1.WatchResponse],
) error {
	var records Records
	for request, err := range requests {
		if err != nil {
			return err
		}
		kelvin, err := read(request.GetTemperature())
		if err != nil {
			return refuse(err)
		}
		warmest, coldest := records.Add(kelvin)
		if !warmest && !coldest {
			continue
		}
		record := &temperaturev1.WatchResponse{Temperature: request.GetTemperature(), Warmest: warmest, Coldest: coldest}
		if err := responses.Send(record); err != nil {
			return err
		}
	}
	return nil
}

// refuse gives the domain's refusal the code that callers act on.
func refuse(err error) error {
	code := codes.InvalidArgument
	if errors.Is(err, errNone) {
		code = codes.FailedPrecondition
	}
	return sdk.Errorf(code, "%v", err)
}
