package store

// Measure is one thing that a store knows of itself, for whoever runs it.
type Measure struct {
	// Name is in lower-case words with "_" between, its unit last, such as "disk_bytes".
	Name string
	// Help says what it is, for people.
	Help string
	// Total says that the value only ever grows, from the store's opening on.
	Total bool
	// Pool is of which connections the value is; empty of the store as a whole. Either
	// all measures with a name have one or none has.
	Pool  string
	Value float64
}

// Meter is a store that knows something of itself.
type Meter interface {
	// Measures returns what the store knows now, without asking a disk or a server; nil
	// of a store that is closed. It may be called from any goroutine.
	Measures() []Measure
}
