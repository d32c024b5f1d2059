//go:build race

package mutant

// everyMutant: the race detector looks at the kit, not at the mutants, and takes fifteen
// times as long. A part of them shows it all that the kit does; the whole self-check runs
// without it. It watches in real time: with very many bubbles of synctest under it, the
// run-time of Go 1.26 itself has crashed.
const everyMutant = 96
