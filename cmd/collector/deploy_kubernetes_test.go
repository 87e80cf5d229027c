package main

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// manifest is what the test reads of a Kubernetes object.
type manifest struct {
	Kind       string
	Metadata   struct{ Name, Namespace string }
	Data       map[string]string
	StringData map[string]string `yaml:"stringData"`
	Spec       struct {
		Replicas       int
		MaxUnavailable int `yaml:"maxUnavailable"`
		Selector       struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Template struct {
			Metadata struct{ Labels, Annotations map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	Grace           int `yaml:"terminationGracePeriodSeconds"`
	SecurityContext struct {
		User    int  `yaml:"runAsUser"`
		Group   int  `yaml:"fsGroup"`
		NonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	Containers []container
	Volumes    []struct {
		Name   string
		Secret struct {
			Name string `yaml:"secretName"`
			Mode int    `yaml:"defaultMode"`
		}
	}
}

type container struct {
	Args    []string
	EnvFrom []struct {
		ConfigMap struct{ Name string } `yaml:"configMapRef"`
	} `yaml:"envFrom"`
	Env   []struct{ Name string }
	Ports []struct {
		Name string
		Port int `yaml:"containerPort"`
	}
	Startup         probe `yaml:"startupProbe"`
	Ready           probe `yaml:"readinessProbe"`
	Live            probe `yaml:"livenessProbe"`
	SecurityContext struct {
		ReadOnly     bool `yaml:"readOnlyRootFilesystem"`
		Escalation   bool `yaml:"allowPrivilegeEscalation"`
		Capabilities struct{ Drop []string }
	} `yaml:"securityContext"`
	Mounts []struct {
		Name string
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	Get struct{ Path, Port string } `yaml:"httpGet"`
}

// manifestFields are the names of fields, at any depth, that the manifests may use: a
// cluster passes over those that it does not know, as one that is misspelt.
var manifestFields = strings.Fields(`
	apiVersion kind metadata name namespace labels annotations data stringData type spec
	replicas selector matchLabels template maxUnavailable
	terminationGracePeriodSeconds automountServiceAccountToken
	securityContext runAsNonRoot runAsUser runAsGroup fsGroup seccompProfile
	allowPrivilegeEscalation readOnlyRootFilesystem capabilities drop
	containers image args envFrom configMapRef env valueFrom fieldRef fieldPath ports containerPort
	startupProbe readinessProbe livenessProbe httpGet path port periodSeconds timeoutSeconds failureThreshold
	resources requests limits cpu memory
	volumeMounts mountPath readOnly volumes secret secretName defaultMode`)

// unknownFields are the fields of an object that no cluster knows. What people name
// themselves is not looked at.
func unknownFields(n *yaml.Node) (out []string) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			out = append(out, unknownFields(c)...)
		}
		return out
	}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if !slices.Contains(manifestFields, key) {
			out = append(out, key)
		}
		if !slices.Contains([]string{"data", "stringData", "labels", "matchLabels", "annotations"}, key) {
			out = append(out, unknownFields(n.Content[i+1])...)
		}
	}
	return out
}

func TestUnknownFieldsAreFound(t *testing.T) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte("spec: {replica: 2, selector: {matchLabels: {a: b}}, containers: [{name: x, livenesProbe: {}}]}"), &n); err != nil {
		t.Fatal(err)
	}
	if got := unknownFields(&n); !slices.Equal(got, []string{"replica", "livenesProbe"}) {
		t.Errorf("unknown are %v", got)
	}
}

// manifests reads all objects of a file, by kind and name.
func manifests(t *testing.T, dir, file string) map[string]manifest {
	t.Helper()
	all := map[string]manifest{}
	for dec := yaml.NewDecoder(bytes.NewReader(deployed(t, dir, file))); ; {
		var m manifest
		var n yaml.Node
		err := dec.Decode(&n)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if unknown := unknownFields(&n); len(unknown) > 0 {
			t.Errorf("%s %s: no cluster knows the fields %v", m.Kind, m.Metadata.Name, unknown)
		}
		if m.Metadata.Namespace != "likes" {
			t.Errorf("%s %s is in the namespace %q", m.Kind, m.Metadata.Name, m.Metadata.Namespace)
		}
		all[m.Kind+"/"+m.Metadata.Name] = m
	}
}

func TestKubernetesManifests(t *testing.T) {
	dir := here(t)
	all := manifests(t, dir, "kubernetes.yaml")
	secret := manifests(t, dir, "kubernetes-secret.yaml")["Secret/collector"].StringData
	for _, mode := range []string{"initial", "normal"} {
		t.Run(mode, func(t *testing.T) {
			m := all["Deployment/"+mode]
			p := m.Spec.Template.Spec
			if len(p.Containers) != 1 || len(p.Volumes) != 1 || len(p.Containers[0].Mounts) != 1 || m.Spec.Replicas < 2 {
				t.Fatalf("no deployment as expected: %+v", m)
			}
			c, mount := p.Containers[0], p.Containers[0].Mounts[0]
			env := map[string]string{}
			for _, from := range c.EnvFrom {
				for k, v := range all["ConfigMap/"+from.ConfigMap.Name].Data {
					env[k] = v
				}
			}
			for _, e := range c.Env {
				env[e.Name] = "10.0.0.1"
			}
			credentials(t, env, mount.Path+"/collector.key")
			held := []string{"collector.key"}
			for name, value := range env {
				if strings.HasSuffix(name, "_FILE") {
					held = append(held, strings.TrimPrefix(value, mount.Path+"/"))
				}
			}
			for _, key := range held {
				if secret[key] == "" {
					t.Errorf("the secret has no %s", key)
				}
			}
			if v := p.Volumes[0]; len(held) != len(secret) || v.Name != mount.Name || v.Secret.Name != "collector" || v.Secret.Mode != 0o440 {
				t.Errorf("of the secret %v are used, mounted as %+v", held, v)
			}
			valid(t, env, c.Args...)
			if !slices.Equal(c.Args, []string{"--mode=" + mode}) {
				t.Errorf("arguments: %v", c.Args)
			}
			graceful(t, time.Duration(p.Grace)*time.Second)
			lockedUp(t, dir, p)
			if want := ":" + strconv.Itoa(c.Ports[0].Port); env["COLLECTOR_METRICS_LISTEN"] != want {
				t.Errorf("it listens on %s, and the port is %s", env["COLLECTOR_METRICS_LISTEN"], want)
			}
			scraped := m.Spec.Template.Metadata.Annotations
			if scraped["prometheus.io/scrape"] != "true" || ":"+scraped["prometheus.io/port"] != env["COLLECTOR_METRICS_LISTEN"] || scraped["prometheus.io/path"] != "/metrics" {
				t.Errorf("Prometheus is told %v", scraped)
			}
			labels := m.Spec.Template.Metadata.Labels
			for _, selects := range []manifest{m, all["PodDisruptionBudget/"+mode]} {
				if got := selects.Spec.Selector.MatchLabels; len(got) != 2 || got["app"] != labels["app"] || got["mode"] != labels["mode"] {
					t.Errorf("%s selects %v, and the pods are %v", selects.Kind, got, labels)
				}
			}
			if all["PodDisruptionBudget/"+mode].Spec.MaxUnavailable != 1 {
				t.Error("more than one instance may be taken away at a time")
			}
		})
	}
}

// lockedUp holds a pod to the user of the image and to what the container tests
// run it with, and its probes to what the daemon answers.
func lockedUp(t *testing.T, dir string, p pod) {
	t.Helper()
	c := p.Containers[0]
	user := regexp.MustCompile(`(?m)^USER (\d+):`).FindStringSubmatch(image(t, dir))[1]
	if s := p.SecurityContext; strconv.Itoa(s.User) != user || strconv.Itoa(s.Group) != user || !s.NonRoot {
		t.Errorf("the image runs as %s, the pod as %+v", user, s)
	}
	if s := c.SecurityContext; !s.ReadOnly || s.Escalation || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("not locked up: %+v", s)
	}
	for path, probes := range map[string][]probe{"/healthz": {c.Startup, c.Live}, "/readyz": {c.Ready}} {
		for _, p := range probes {
			if len(c.Ports) != 1 || p.Get.Path != path || p.Get.Port != c.Ports[0].Name {
				t.Errorf("a probe asks for %+v, want %s at %+v", p.Get, path, c.Ports)
			}
		}
	}
}
