package scenario_test

import (
	"context"
	"errors"
	"io"
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
)

// useTemperature calls the action in all four shapes, and again after each side
// was killed, the function while a call was open.
func useTemperature(t *testing.T, lab *site) {
	t.Helper()
	useShapes(t, lab)
	lab.restart(t, lab.proxy)
	useShapes(t, lab)
	watch := openWatch(t.Context(), t, lab)
	watch.reads(20)
	watch.tells(20)
	lab.restart(t, lab.function)
	watch.ends(codes.Unavailable)
	useShapes(t, lab)
}

func useShapes(t *testing.T, lab *site) {
	t.Helper()
	convert(t, lab)
	average(t, lab)
	tabulate(t, lab)
	watch := openWatch(t.Context(), t, lab)
	watch.reads(20)
	watch.tells(20)
	watch.reads(20) // no record: nothing is told
	watch.reads(-3)
	watch.tells(-3)
	watch.halfCloses()
	watch.ends(codes.OK)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watch = openWatch(ctx, t, lab)
	watch.reads(20)
	watch.tells(20)
	cancel()
	watch.ends(codes.Canceled)

	watch = openWatch(t.Context(), t, lab)
	watch.reads(-300)
	watch.ends(lab.refusal(codes.InvalidArgument))
}

func celsius(degrees float64) *temperaturev1.Temperature {
	return &temperaturev1.Temperature{Degrees: degrees, Scale: temperaturev1.Scale_SCALE_CELSIUS}
}

func convert(t *testing.T, lab *site) {
	t.Helper()
	var answer *temperaturev1.ConvertResponse
	err := eventually(t.Context(), func(ctx context.Context) (err error) {
		answer, err = lab.conn.temperature().Convert(ctx, &temperaturev1.ConvertRequest{
			Temperature: celsius(100), To: temperaturev1.Scale_SCALE_FAHRENHEIT,
		})
		return err
	})
	if got := answer.GetTemperature().GetDegrees(); err != nil || math.Abs(got-212) > 1e-9 {
		t.Fatalf("100 °C are %v °F, %v", got, err)
	}
}

// average streams in, and is answered after its half-close.
func average(t *testing.T, lab *site) {
	t.Helper()
	for _, readings := range [][]float64{{10, 20, 30}, nil} {
		call, err := lab.conn.temperature().Average(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, reading := range readings {
			if err := call.Send(&temperaturev1.AverageRequest{Temperature: celsius(reading)}); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := call.CloseAndRecv()
		switch {
		case readings == nil && status.Code(err) != lab.refusal(codes.FailedPrecondition):
			t.Fatalf("the mean of nothing: %v, %v", answer, err)
		case readings != nil && (err != nil || answer.GetCount() != 3 || math.Abs(answer.GetMean().GetDegrees()-20) > 1e-9):
			t.Fatalf("the mean of %v: %v, %v", readings, answer, err)
		}
	}
}

// tabulate streams out: a whole table, and the beginning of one.
func tabulate(t *testing.T, lab *site) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const lines = 1000
	for _, ask := range []int{lines, 3} {
		table, err := lab.conn.temperature().Tabulate(ctx, &temperaturev1.TabulateRequest{From: 0, To: lines - 1, Step: 1})
		if err != nil {
			t.Fatal(err)
		}
		for line := range ask {
			answer, err := table.Recv()
			if err != nil || math.Abs(answer.GetCelsius()-float64(line)) > 1e-9 {
				t.Fatalf("line %d is %v, %v", line, answer, err)
			}
		}
		if ask < lines {
			cancel()
		}
		got := ask
		for ; err == nil; got++ { // lines that were on their way
			_, err = table.Recv()
		}
		whole := errors.Is(err, io.EOF) && got-1 == lines
		if left := ask < lines && status.Code(err) == codes.Canceled; !whole && !left {
			t.Fatalf("%d lines asked for, %d had: %v", ask, got-1, err)
		}
	}
}

// watch is an open call that streams both ways.
type watch struct {
	t    *testing.T
	call temperaturev1.TemperatureService_WatchClient
}

func openWatch(ctx context.Context, t *testing.T, lab *site) *watch {
	t.Helper()
	call, err := lab.conn.temperature().Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &watch{t: t, call: call}
}

func (w *watch) reads(degrees float64) {
	w.t.Helper()
	if err := w.call.Send(&temperaturev1.WatchRequest{Temperature: celsius(degrees)}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watch) tells(degrees float64) {
	w.t.Helper()
	answer, err := w.call.Recv()
	if got := answer.GetTemperature().GetDegrees(); err != nil || got != degrees {
		w.t.Fatalf("told of %v, %v, want %v", got, err, degrees)
	}
}

func (w *watch) halfCloses() {
	w.t.Helper()
	if err := w.call.CloseSend(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watch) ends(code codes.Code) {
	w.t.Helper()
	answer, err := w.call.Recv()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if answer != nil || status.Code(err) != code {
		w.t.Fatalf("the call goes on with %v, or ends with %v, want %v", answer, err, code)
	}
}
