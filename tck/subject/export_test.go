package subject

// LeftOn is Engine of one engine, for tests that bring their own.
var LeftOn = leftOn
