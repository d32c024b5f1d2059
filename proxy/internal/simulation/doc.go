// Package simulation runs whole proxies under a seed, and holds nothing but tests.
//
// Runtime, router, durable effects, copies and leases are the real ones. The user
// function, the disk and the callers are doubles that do nothing by themselves: a
// message to the function and a call of the store wait until the driver has chosen
// them. The driver makes one choice at a time, waits until everything that follows
// from it has come to rest (synctest.Wait), writes down what has changed, and chooses
// again. So one seed gives one history, byte for byte, though goroutines are scheduled
// as they like; what the driver has seen of the history is compared with a plain model
// at the end.
//
// Defects that a proxy can be given, and that some seeds must find, show that the checks
// can fail.
//
// A failure is played again by its seed: make simulate SEED=n.
package simulation
