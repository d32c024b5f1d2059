package scenario_test

import "testing"

// TestSamples uses each sample as its users do, wherever the state is kept and
// whichever dialect the function speaks: commands, calls that stay open, kill -9
// of the proxy, after which the state is there, and of the function.
func TestSamples(t *testing.T) {
	onlyProcesses(t)
	samples := []struct {
		name string
		use  func(*testing.T, *site)
	}{
		{"cart", useCart},
		{"profile", useProfile},
		{"presence", usePresence},
		{"temperature", useTemperature},
	}
	for _, store := range []string{"pebble", "postgres"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			database := func(string) string { return "" }
			if store == "postgres" {
				server := startServer(t)
				database = func(name string) string { return server.database(t, name) }
			}
			for _, dialect := range []string{"v1", cloudstate} {
				for _, sample := range samples {
					setup := setup{sample: sample.name, dialect: dialect, database: database(sample.name + dialect)}
					t.Run(dialect+"/"+sample.name, func(t *testing.T) {
						t.Parallel()
						sample.use(t, open(t, setup))
					})
				}
			}
		})
	}
}

// cloudstate is the dialect of Cloudstate 0.2.
const cloudstate = "cloudstate-0.2"

// onlyProcesses skips a test that starts processes where containers are asked for.
func onlyProcesses(t *testing.T) {
	t.Helper()
	if *deploy != "processes" {
		t.Skip("it runs with processes alone")
	}
}

// useCart fills a cart, and kills each side on the way.
func useCart(t *testing.T, shop *site) {
	t.Helper()
	s := shop.party("anna")
	for i, step := range script() {
		if err := s.insist(t.Context(), step.do); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		switch i {
		case 1:
			shop.restart(t, shop.proxy)
		case 3:
			shop.restart(t, shop.function)
		}
	}
	if err := s.insist(t.Context(), get()); err != nil {
		t.Fatal(err)
	}
}
