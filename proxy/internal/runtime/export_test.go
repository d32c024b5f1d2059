package runtime

// MaxWorkers is how many goroutines that serve entities rest at most.
const MaxWorkers = maxWorkers
