// Package scenario drives the samples through a proxy and kills either side at
// every point. One script drives the cart of each language, by gRPC and by HTTP and
// JSON at the same time. It has tests alone, which take the deployment as flags:
//
//	go test ./reference-impl/scenario                        # processes, built here
//	go test ./reference-impl/scenario -functions "python=$(reference-impl/languages command python cart)"
//	go test ./reference-impl/scenario -deploy containers …   # see conformance-reports/reproduce
//	go test ./reference-impl/scenario -run TestCrash -kills 100 -postgres-kills 20 -seed 7
//
// The rule it checks is one: what was acknowledged is there, whatever was
// killed, and what was not acknowledged is there whole or not at all. Of
// replicated entities alone the last flush interval may go with its proxy.
package scenario
