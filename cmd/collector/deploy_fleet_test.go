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

// compose is what the test reads of a compose file.
type compose struct {
	Services map[string]struct {
		Image, Restart string
		Build          struct{ Context string }
		Command        []string
		Environment    map[string]string
		DependsOn      map[string]any `yaml:"depends_on"`
		Volumes        []string
		ReadOnly       bool     `yaml:"read_only"`
		CapDrop        []string `yaml:"cap_drop"`
		SecurityOpt    []string `yaml:"security_opt"`
		StopGrace      string   `yaml:"stop_grace_period"`
	}
	Volumes map[string]any
}

var filledIn = regexp.MustCompile(`\$\{COLLECTOR_SECRET_KEY:\?[^}]+\}`)

func TestComposeFile(t *testing.T) {
	dir := here(t)
	var c compose
	if err := yaml.Unmarshal(filledIn.ReplaceAll(deployed(t, dir, "compose.yaml"), []byte(aKey)), &c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(image(t, dir), "ARG VERSION") {
		t.Error("the image takes no VERSION")
	}
	modes := map[string]bool{}
	for name, s := range c.Services {
		for other := range s.DependsOn {
			if _, there := c.Services[other]; !there {
				t.Errorf("%s depends on %s, which is not there", name, other)
			}
		}
		for _, v := range s.Volumes {
			if _, there := c.Volumes[strings.Split(v, ":")[0]]; !there {
				t.Errorf("%s has a volume %s, which is not there", name, v)
			}
		}
		if s.Restart == "" {
			t.Errorf("%s is not started again", name)
		}
		if s.Image != "collector" {
			if len(s.Environment) > 0 || !regexp.MustCompile(`:v?\d+(\.\d+)+$`).MatchString(s.Image) {
				t.Errorf("%s: image %s has no fixed version", name, s.Image)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			valid(t, s.Environment, s.Command...)
			modes[s.Environment["COLLECTOR_MODE"]] = true
			if s.Build.Context != ".." || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"all"}) || len(s.SecurityOpt) != 1 {
				t.Errorf("%s is not locked up like the container: %+v", name, s)
			}
			stop, err := time.ParseDuration(s.StopGrace)
			if err != nil {
				t.Error(err)
			}
			graceful(t, stop)
			for _, service := range []string{"mongodb", "etcd"} { // what the addresses name is there
				if !strings.Contains(s.Environment["COLLECTOR_STORE"]+s.Environment["COLLECTOR_CLUSTER"], "//"+service+":") || c.Services[service].Image == "" {
					t.Errorf("%s does not use %s", name, service)
				}
			}
		})
	}
	if !modes["initial"] || !modes["normal"] || len(modes) != 2 {
		t.Errorf("modes: %v", modes)
	}
}

// manifest is what the test reads of a Kubernetes object.
type manifest struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	Spec     struct {
		Replicas int
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	Grace           int `yaml:"terminationGracePeriodSeconds"`
	SecurityContext struct {
		RunAsUser    int  `yaml:"runAsUser"`
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	Containers []struct {
		Args    []string
		EnvFrom []struct {
			ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
		} `yaml:"envFrom"`
		Env []struct {
			Name      string
			ValueFrom struct {
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		LivenessProbe struct {
			Exec struct{ Command []string }
		} `yaml:"livenessProbe"`
		SecurityContext struct {
			ReadOnly bool `yaml:"readOnlyRootFilesystem"`
		} `yaml:"securityContext"`
	}
}

func TestKubernetesManifests(t *testing.T) {
	dir := here(t)
	text := deployed(t, dir, "kubernetes.yaml")
	user := regexp.MustCompile(`(?m)^USER (\d+):`).FindStringSubmatch(image(t, dir))[1]
	maps := map[string]map[string]string{}
	var all []manifest
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var m manifest
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
		if m.Kind == "ConfigMap" {
			maps[m.Metadata.Name] = m.Data
		}
		if m.Metadata.Namespace != "likes" {
			t.Errorf("%s %s is in the namespace %q", m.Kind, m.Metadata.Name, m.Metadata.Namespace)
		}
	}
	within := func(want, have map[string]string) bool {
		for k, v := range want {
			if have[k] != v {
				return false
			}
		}
		return len(want) > 0
	}
	deployments := 0
	for _, m := range all {
		if m.Kind != "Deployment" {
			continue
		}
		deployments++
		t.Run(m.Metadata.Name, func(t *testing.T) {
			p := m.Spec.Template.Spec
			c := p.Containers[0]
			env := map[string]string{}
			for _, from := range c.EnvFrom {
				for k, v := range maps[from.ConfigMapRef.Name] {
					env[k] = v
				}
			}
			for _, e := range c.Env {
				env[e.Name] = "something"
				if e.Name == "COLLECTOR_SECRET_KEY" {
					env[e.Name] = aKey
				}
				if ref := e.ValueFrom.SecretKeyRef; ref.Name != "" && !bytes.Contains(text, []byte("--from-literal="+ref.Key+"=")) {
					t.Errorf("how to make the secret's %s is not said", ref.Key)
				}
			}
			valid(t, env, c.Args...)
			graceful(t, time.Duration(p.Grace)*time.Second)
			if strconv.Itoa(p.SecurityContext.RunAsUser) != user || !p.SecurityContext.RunAsNonRoot || !c.SecurityContext.ReadOnly || m.Spec.Replicas < 2 {
				t.Errorf("not locked up like the image: %+v", p)
			}
			if !within(m.Spec.Selector.MatchLabels, m.Spec.Template.Metadata.Labels) {
				t.Errorf("the deployment selects %v and makes %v", m.Spec.Selector.MatchLabels, m.Spec.Template.Metadata.Labels)
			}
			if probe := c.LivenessProbe.Exec.Command; len(probe) != 2 || probe[0] != "/collector" || (program{}).run(t, "help", probe[1]).code != exitOK {
				t.Errorf("the probe is %v", probe)
			}
			for _, other := range all {
				if other.Kind == "PodDisruptionBudget" && !within(other.Spec.Selector.MatchLabels, m.Spec.Template.Metadata.Labels) {
					t.Errorf("the disruption budget selects %v", other.Spec.Selector.MatchLabels)
				}
			}
		})
	}
	if deployments != 2 {
		t.Errorf("%d deployments", deployments)
	}
}
