package eventsourced

import "time"

// Config is what whoever runs the proxy decides about event sourced entities. A
// number of 0 becomes its default.
type Config struct {
	// Ask is how many events may follow the newest snapshot before the function is
	// asked for another. Default 1,000; below 0 it is never asked.
	Ask int64
	// AskTime is how long the function may take to give it. Default 60 s.
	AskTime time.Duration
	// Ahead is how many answers may be on their way into the store while the next
	// command is sent (ES-CMD-003). Default that of package turn.
	Ahead int
}

// withDefaults returns the config with each number of 0 replaced that counts here.
func (c Config) withDefaults() Config {
	if c.Ask == 0 {
		c.Ask = 1000
	}
	if c.AskTime == 0 {
		c.AskTime = 60 * time.Second
	}
	return c
}
