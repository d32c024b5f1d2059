package manifests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const composeFile = "../../docs/operations/compose.yaml"

// project reads the file as docker compose does, by its schema.
func project(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{composeFile})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// TestCompose covers that the file opens its ports to this machine alone, lets commands
// under way finish, and that no container may do more than it needs.
func TestCompose(t *testing.T) {
	t.Parallel()
	services := project(t).Services
	if len(services) != 2 {
		t.Fatalf("%d services, want the proxy and its function", len(services))
	}
	for name, service := range services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: the port %s is open to %q", name, port.Published, port.HostIP)
			}
		}
		if !service.ReadOnly || service.User != "65532:65532" || !slices.Contains(service.CapDrop, "ALL") {
			t.Errorf("%s may do more than it needs", name)
		}
	}
	proxy := services["proxy"]
	if _, ok := proxy.DependsOn["cart"]; !ok {
		t.Error("the function may stop before the proxy")
	}
	const drain = 30 * time.Second // where nothing else is said
	if proxy.StopGracePeriod == nil || time.Duration(*proxy.StopGracePeriod) <= drain {
		t.Errorf("the proxy is killed after %v, and drains for %v", proxy.StopGracePeriod, drain)
	}
	if !slices.ContainsFunc(proxy.Command, func(word string) bool { return strings.HasPrefix(word, "--data=/data") }) || proxy.Volumes[0].Target != "/data" {
		t.Errorf("%v does not keep its state in the volume at %s", proxy.Command, proxy.Volumes[0].Target)
	}
}
