package main

import (
	"errors"
	"iter"
	"math"

	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
)

// Kelvin is a temperature in the scale in which it is reckoned with.
type Kelvin float64

const (
	freezing       = 273.15 // water, in kelvin
	freezingInF    = 32
	degreesPerUnit = 9.0 / 5 // of Fahrenheit, for one of Celsius
	maxLines       = 1000    // of a table
)

// What is refused.
var (
	errTooCold = errors.New("no temperature is below absolute zero")
	errScale   = errors.New("this scale is not known here")
	errTable   = errors.New("a table goes up, in 1000 lines at most")
	errNone    = errors.New("of no readings there is no mean")
)

// read returns the temperature in kelvin. Its error is one that cannot be, or
// whose scale is not known.
func read(t *temperaturev1.Temperature) (Kelvin, error) {
	k := Kelvin(t.GetDegrees())
	switch t.GetScale() {
	case temperaturev1.Scale_SCALE_UNSPECIFIED, temperaturev1.Scale_SCALE_CELSIUS:
		k += freezing
	case temperaturev1.Scale_SCALE_FAHRENHEIT:
		k = (k-freezingInF)/degreesPerUnit + freezing
	case temperaturev1.Scale_SCALE_KELVIN:
	default:
		return 0, errScale
	}
	if !(k >= 0) || math.IsInf(float64(k), 1) { // NaN is not at least 0
		return 0, errTooCold
	}
	return k, nil
}

// In returns the degrees of another scale.
func (k Kelvin) In(scale temperaturev1.Scale) (*temperaturev1.Temperature, error) {
	degrees := float64(k)
	switch scale {
	case temperaturev1.Scale_SCALE_UNSPECIFIED, temperaturev1.Scale_SCALE_CELSIUS:
		return &temperaturev1.Temperature{Degrees: k.celsius(), Scale: temperaturev1.Scale_SCALE_CELSIUS}, nil
	case temperaturev1.Scale_SCALE_FAHRENHEIT:
		degrees = k.fahrenheit()
	case temperaturev1.Scale_SCALE_KELVIN:
	default:
		return nil, errScale
	}
	return &temperaturev1.Temperature{Degrees: degrees, Scale: scale}, nil
}

func (k Kelvin) celsius() float64    { return float64(k) - freezing }
func (k Kelvin) fahrenheit() float64 { return k.celsius()*degreesPerUnit + freezingInF }

// Mean is the mean of readings as they come.
type Mean struct {
	sum   float64
	count int32
}

// Add counts one more reading.
func (m *Mean) Add(k Kelvin) {
	m.sum += float64(k)
	m.count++
}

// Value returns the mean. Its error is that there was no reading.
func (m *Mean) Value() (Kelvin, error) {
	if m.count == 0 {
		return 0, errNone
	}
	return Kelvin(m.sum / float64(m.count)), nil
}

// Records are the warmest and the coldest of readings as they come.
type Records struct {
	some             bool
	warmest, coldest Kelvin
}

// Add counts one more reading, and says whether it is a record.
func (r *Records) Add(k Kelvin) (warmest, coldest bool) {
	warmest, coldest = !r.some || k > r.warmest, !r.some || k < r.coldest
	r.some = true
	if warmest {
		r.warmest = k
	}
	if coldest {
		r.coldest = k
	}
	return warmest, coldest
}

// table returns the temperatures of a table's lines, in degrees Celsius. Each is
// reckoned from the first, so that no error adds up.
func table(from, to, step float64) (iter.Seq[Kelvin], error) {
	lines := math.Floor((to-from)/step) + 1
	if !(step > 0) || !(lines <= maxLines) {
		return nil, errTable
	}
	if from < -freezing {
		return nil, errTooCold
	}
	return func(yield func(Kelvin) bool) {
		for line := range int(max(lines, 0)) {
			if !yield(Kelvin(from + float64(line)*step + freezing)) {
				return
			}
		}
	}, nil
}
