package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const service = "stateward.samples.temperature.v1.TemperatureService"

func start(t *testing.T) *sdktest.Proxy {
	t.Helper()
	return sdktest.Start(t, sdk.Config{Name: "temperature", Version: "1", Entities: []sdk.Entity{temperatureAction()}})
}

// says checks that the response is this reply, within what floating point allows.
func says[M proto.Message](t *testing.T, want M, got *actionv1.ActionResponse) {
	t.Helper()
	message, err := got.GetReply().GetPayload().UnmarshalNew()
	if err != nil {
		t.Fatalf("%v: %v", err, got)
	}
	if diff := cmp.Diff(proto.Message(want), message, protocmp.Transform(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// refuses checks that the response is a failure with this code.
func refuses(t *testing.T, code codes.Code, got *actionv1.ActionResponse) {
	t.Helper()
	if failure := got.GetFailure(); codes.Code(failure.GetCode()) != code || failure.GetDescription() == "" {
		t.Errorf("not %v, but %v", code, got)
	}
}

func TestConvert(t *testing.T) {
	t.Parallel()
	proxy := start(t)
	ask := func(temperature *temperaturev1.Temperature, to temperaturev1.Scale) *actionv1.ActionResponse {
		return proxy.Unary(service, "Convert", &temperaturev1.ConvertRequest{Temperature: temperature, To: to})
	}
	says(t, &temperaturev1.ConvertResponse{Temperature: degrees(212, inFahrenheit)}, ask(degrees(100, inCelsius), inFahrenheit))
	refuses(t, codes.InvalidArgument, ask(degrees(-1, inKelvin), inCelsius))
	refuses(t, codes.InvalidArgument, ask(degrees(1, inKelvin), 9))
}

func TestAverage(t *testing.T) {
	t.Parallel()
	proxy := start(t)
	reading := func(temperature *temperaturev1.Temperature) proto.Message {
		return &temperaturev1.AverageRequest{Temperature: temperature}
	}
	call := proxy.StreamedIn(service, "Average", reading(degrees(10, inCelsius)), reading(degrees(68, inFahrenheit)))
	call.HalfClose()
	says(t, &temperaturev1.AverageResponse{Mean: degrees(15, inCelsius), Count: 2}, call.Receive())
	call.Ended()

	call = proxy.StreamedIn(service, "Average")
	call.HalfClose()
	refuses(t, codes.FailedPrecondition, call.Receive())
	call.Ended()

	call = proxy.StreamedIn(service, "Average", reading(degrees(-1, inKelvin))) // refused before the half-close
	refuses(t, codes.InvalidArgument, call.Receive())
	call.Ended()
}

func TestTabulate(t *testing.T) {
	t.Parallel()
	proxy := start(t)
	call := proxy.StreamedOut(service, "Tabulate", &temperaturev1.TabulateRequest{From: 0, To: 100, Step: 100})
	says(t, &temperaturev1.TabulateResponse{Celsius: 0, Fahrenheit: 32, Kelvin: 273.15}, call.Receive())
	says(t, &temperaturev1.TabulateResponse{Celsius: 100, Fahrenheit: 212, Kelvin: 373.15}, call.Receive())
	call.Ended()

	call = proxy.StreamedOut(service, "Tabulate", &temperaturev1.TabulateRequest{})
	refuses(t, codes.InvalidArgument, call.Receive())
	call.Ended()
}

// Each record is told at once; between them the caller hears nothing.
func TestWatch(t *testing.T) {
	t.Parallel()
	call := start(t).Streamed(service, "Watch")
	read := func(celsius float64) {
		call.Send(sdktest.ActionRequest(&temperaturev1.WatchRequest{Temperature: degrees(celsius, inCelsius)}))
	}
	expect := func(celsius float64, warmest, coldest bool) {
		t.Helper()
		says(t, &temperaturev1.WatchResponse{Temperature: degrees(celsius, inCelsius), Warmest: warmest, Coldest: coldest}, call.Receive())
	}
	read(20)
	expect(20, true, true)
	read(20)
	read(21)
	expect(21, true, false)
	read(20.5)
	read(-3)
	expect(-3, false, true)
	call.HalfClose()
	call.Ended()
}

// A reading that cannot be ends the call.
func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	call := start(t).Streamed(service, "Watch", &temperaturev1.WatchRequest{Temperature: degrees(-1, inKelvin)})
	refuses(t, codes.InvalidArgument, call.Receive())
	call.Ended()
}
