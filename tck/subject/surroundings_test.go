package subject

import "testing"

func TestRemote(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"unix:///var/run/docker.sock":    false,
		"npipe:////./pipe/docker_engine": false,
		"tcp://127.0.0.1:2375":           false,
		"tcp://[::1]:2375":               false,
		"tcp://localhost:2375":           false,
		"tcp://10.0.0.7:2375":            true,
		"ssh://builder.example":          true,
	} {
		if got := remote(address); got != want {
			t.Errorf("%s: got %v", address, got)
		}
	}
}
