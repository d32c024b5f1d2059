package sdk

// What tests of the program touch from outside.
var (
	Run         = run
	AddressOf   = addressOf
	Healthcheck = healthcheck
	OwnAddress  = ownAddress
)
