// Package manifests_test holds what docs/operations says to container engines against
// what those understand. It is a module of its own: the product needs none of them.
package manifests_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

const kubernetesFile = "../../docs/operations/kubernetes.yaml"

// objects reads the manifest as the API server does, where an unknown field is refused.
func objects(t *testing.T) (all []runtime.Object) {
	t.Helper()
	text, err := os.ReadFile(kubernetesFile)
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), appsv1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	for documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		// Anchors are YAML's, and gone in what is sent.
		json, err := strict.YAMLToJSONStrict(document)
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := decoder.Decode(json, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
}

// only returns the one object of the type.
func only[T runtime.Object](t *testing.T, all []runtime.Object) (found T) {
	t.Helper()
	n := 0
	for _, object := range all {
		if typed, ok := object.(T); ok {
			found = typed
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%d objects of the type %T, want 1", n, found)
	}
	return found
}

// TestNames covers that each object has a name, and labels, that the API takes.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, object := range objects(t) {
		meta, ok := object.(metav1.Object)
		if !ok {
			t.Fatalf("%T has no name", object)
		}
		if wrong := validation.IsDNS1123Label(meta.GetName()); len(wrong) > 0 {
			t.Errorf("name %q: %v", meta.GetName(), wrong)
		}
		for key, value := range meta.GetLabels() {
			if wrong := slices.Concat(validation.IsQualifiedName(key), validation.IsValidLabelValue(value)); len(wrong) > 0 {
				t.Errorf("label %s=%s: %v", key, value, wrong)
			}
		}
	}
}

// TestParts covers that what one part of the manifest names another has: labels, ports,
// volumes and files.
func TestParts(t *testing.T) {
	t.Parallel()
	all := objects(t)
	set, service, settings := only[*appsv1.StatefulSet](t, all), only[*corev1.Service](t, all), only[*corev1.ConfigMap](t, all)
	pod := set.Spec.Template
	for key, value := range service.Spec.Selector {
		if pod.Labels[key] != value || set.Spec.Selector.MatchLabels[key] != value {
			t.Errorf("the service selects %s=%s, and the pod has %v", key, value, pod.Labels)
		}
	}
	if set.Spec.ServiceName != service.Name {
		t.Errorf("the set belongs to the service %q, and the service is %q", set.Spec.ServiceName, service.Name)
	}
	proxy := pod.Spec.Containers[0]
	if port := service.Spec.Ports[0].TargetPort.String(); !slices.Contains(portsOf(proxy), port) {
		t.Errorf("the service goes to the port %q, and the proxy has %v", port, portsOf(proxy))
	}
	for _, probe := range []*corev1.Probe{proxy.StartupProbe, proxy.LivenessProbe, proxy.ReadinessProbe} {
		if port := probe.HTTPGet.Port.String(); port != "admin" {
			t.Errorf("a probe asks the port %q", port)
		}
	}
	if alive, ready := proxy.LivenessProbe.HTTPGet.Path, proxy.ReadinessProbe.HTTPGet.Path; alive != "/healthz" || ready != "/readyz" {
		t.Errorf("alive is %q and ready %q", alive, ready)
	}
	volumes := map[string]bool{}
	for _, volume := range pod.Spec.Volumes {
		volumes[volume.Name] = true
		if volume.ConfigMap != nil && volume.ConfigMap.Name != settings.Name {
			t.Errorf("the pod wants the config map %q, and there is %q", volume.ConfigMap.Name, settings.Name)
		}
	}
	for _, claim := range set.Spec.VolumeClaimTemplates {
		volumes[claim.Name] = true
	}
	for _, mount := range proxy.VolumeMounts {
		if !volumes[mount.Name] {
			t.Errorf("the proxy mounts %q, which there is not", mount.Name)
		}
	}
}

// TestStop covers that nothing kills the proxy while commands under way may finish, and
// that its function is there until then.
func TestStop(t *testing.T) {
	t.Parallel()
	all := objects(t)
	set, settings := only[*appsv1.StatefulSet](t, all), only[*corev1.ConfigMap](t, all)
	pod := set.Spec.Template.Spec
	drain := duration(t, settingsOf(t, settings)["drain-timeout"])
	before := time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
	if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; grace <= before+drain {
		t.Errorf("the pod is killed after %v: it waits %v and then drains for %v", grace, before, drain)
	}
	function := pod.InitContainers[0]
	if function.RestartPolicy == nil || *function.RestartPolicy != corev1.ContainerRestartPolicyAlways {
		t.Error("the function is not a container that outlives the proxy")
	}
}

// TestLeast covers that no container may do more than it needs.
func TestLeast(t *testing.T) {
	t.Parallel()
	pod := only[*appsv1.StatefulSet](t, objects(t)).Spec.Template.Spec
	if may := pod.SecurityContext; may == nil || may.RunAsNonRoot == nil || !*may.RunAsNonRoot || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod may be root, or speak to the API server")
	}
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		may := container.SecurityContext
		if may == nil || !*may.ReadOnlyRootFilesystem || *may.AllowPrivilegeEscalation || !slices.Contains(may.Capabilities.Drop, "ALL") {
			t.Errorf("%s may do more than it needs: %v", container.Name, may)
		}
	}
}

func portsOf(container corev1.Container) (names []string) {
	for _, port := range container.Ports {
		names = append(names, port.Name)
	}
	return names
}

// settingsOf returns the proxy's own file.
func settingsOf(t *testing.T, kept *corev1.ConfigMap) map[string]string {
	t.Helper()
	settings := map[string]string{}
	if err := strict.UnmarshalStrict([]byte(kept.Data["stateward.yaml"]), &settings); err != nil {
		t.Fatal(err)
	}
	return settings
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
