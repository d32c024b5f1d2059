package main

import (
	"errors"
	"math"
	"slices"
	"testing"

	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
)

const (
	inCelsius    = temperaturev1.Scale_SCALE_CELSIUS
	inFahrenheit = temperaturev1.Scale_SCALE_FAHRENHEIT
	inKelvin     = temperaturev1.Scale_SCALE_KELVIN
)

func degrees(of float64, scale temperaturev1.Scale) *temperaturev1.Temperature {
	return &temperaturev1.Temperature{Degrees: of, Scale: scale}
}

func TestScales(t *testing.T) {
	t.Parallel()
	for _, same := range [][]*temperaturev1.Temperature{
		{degrees(0, inCelsius), degrees(32, inFahrenheit), degrees(273.15, inKelvin)},
		{degrees(100, inCelsius), degrees(212, inFahrenheit), degrees(373.15, inKelvin)},
		{degrees(-40, inCelsius), degrees(-40, inFahrenheit), degrees(233.15, inKelvin)},
		{degrees(-273.15, inCelsius), degrees(0, inKelvin)},
		{degrees(20, temperaturev1.Scale_SCALE_UNSPECIFIED), degrees(20, inCelsius)},
	} {
		for _, from := range same {
			for _, to := range same {
				kelvin, err := read(from)
				if err != nil {
					t.Fatal(err)
				}
				got, err := kelvin.In(to.GetScale())
				if err != nil || math.Abs(got.GetDegrees()-to.GetDegrees()) > 1e-9 {
					t.Errorf("%v is %v, not %v: %v", from, got, to, err)
				}
			}
		}
	}
}

func TestNoTemperature(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		temperature *temperaturev1.Temperature
		want        error
	}{
		{degrees(-273.16, inCelsius), errTooCold},
		{degrees(-460, inFahrenheit), errTooCold},
		{degrees(-1, inKelvin), errTooCold},
		{degrees(math.NaN(), inKelvin), errTooCold},
		{degrees(math.Inf(1), inKelvin), errTooCold},
		{degrees(1, 9), errScale},
	} {
		if got, err := read(c.temperature); !errors.Is(err, c.want) {
			t.Errorf("%v is read as %v, %v", c.temperature, got, err)
		}
	}
	if _, err := Kelvin(1).In(9); !errors.Is(err, errScale) {
		t.Errorf("an unknown scale: %v", err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to, step float64
		first, last    float64
		lines          int
		err            error
	}{
		"in tens":            {from: -10, to: 25, step: 10, first: -10, last: 20, lines: 4},
		"one line":           {from: 5, to: 5, step: 1, first: 5, last: 5, lines: 1},
		"in tenths":          {from: 0, to: 1, step: 0.125, first: 0, last: 1, lines: 9},
		"no line":            {from: 5, to: 4, step: 1},
		"as long as it gets": {from: 0, to: 999, step: 1, first: 0, last: 999, lines: 1000},
		"too long":           {from: 0, to: 1000, step: 1, err: errTable},
		"no step":            {from: 0, to: 1, step: 0, err: errTable},
		"down":               {from: 0, to: -1, step: -1, err: errTable},
		"to no number":       {from: 0, to: math.NaN(), step: 1, err: errTable},
		"too cold":           {from: -300, to: 0, step: 1, err: errTooCold},
	} {
		lines, err := table(c.from, c.to, c.step)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		all := slices.Collect(lines)
		if len(all) != c.lines {
			t.Errorf("%s: %d lines", name, len(all))
			continue
		}
		if len(all) > 0 && (math.Abs(all[0].celsius()-c.first) > 1e-9 || math.Abs(all[len(all)-1].celsius()-c.last) > 1e-9) {
			t.Errorf("%s: from %v to %v", name, all[0].celsius(), all[len(all)-1].celsius())
		}
	}
}
