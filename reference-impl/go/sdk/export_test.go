package sdk

// Run is run: Main with everything that it touches handed in.
var Run = run
