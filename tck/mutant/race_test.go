//go:build race

package mutant

// everyMutant: the race detector looks at the kit, not at the mutants, and takes fifteen
// times as long. A part of them shows it all that the kit does; the whole self-check runs
// without it.
const everyMutant = 12
