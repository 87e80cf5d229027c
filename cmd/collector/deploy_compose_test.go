package main

import (
	"bytes"
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
	Services map[string]composed
	Volumes  map[string]any
	Networks map[string]struct{ Internal bool }
	Secrets  map[string]struct{ File string }
}

type composed struct {
	Image, Restart             string
	Build                      struct{ Context string }
	Command, Secrets, Networks []string
	Environment                map[string]string
	DependsOn                  map[string]struct{ Condition string } `yaml:"depends_on"`
	Volumes, Ports             []string
	Healthcheck                struct{ Test []string }
	ReadOnly                   bool     `yaml:"read_only"`
	CapDrop                    []string `yaml:"cap_drop"`
	SecurityOpt                []string `yaml:"security_opt"`
	StopGrace                  string   `yaml:"stop_grace_period"`
}

func TestComposeFile(t *testing.T) {
	dir := here(t)
	var c compose
	decoder := yaml.NewDecoder(bytes.NewReader(deployed(t, dir, "compose.yaml")))
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	modes := map[string]bool{}
	for name, s := range c.Services {
		c.whole(t, name, s)
		if s.Image != "collector" {
			if len(s.Environment) > 0 || !slices.Equal(s.Networks, []string{"inside"}) || !regexp.MustCompile(`:v?\d+(\.\d+)+$|^\$\{[A-Z]+_IMAGE:\?`).MatchString(s.Image) {
				t.Errorf("%s: image %s, in the networks %v", name, s.Image, s.Networks)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			modes[s.Environment["COLLECTOR_MODE"]] = true
			c.collects(t, dir, name, s)
		})
	}
	if !c.Networks["inside"].Internal {
		t.Error("MongoDB and etcd can be reached from outside")
	}
	if !modes["initial"] || !modes["normal"] || len(modes) != 2 {
		t.Errorf("modes: %v", modes)
	}
}

// whole holds a service to what the rest of the file has, and to being locked up.
func (c compose) whole(t *testing.T, name string, s composed) {
	t.Helper()
	for other, on := range s.DependsOn {
		if len(c.Services[other].Healthcheck.Test) < 2 || on.Condition != "service_healthy" {
			t.Errorf("%s depends on %s, which is not there or not looked at", name, other)
		}
	}
	for _, v := range s.Volumes {
		if _, there := c.Volumes[strings.Split(v, ":")[0]]; !there {
			t.Errorf("%s has a volume %s, which is not there", name, v)
		}
	}
	for _, n := range s.Networks {
		if _, there := c.Networks[n]; !there {
			t.Errorf("%s is in a network %s, which is not there", name, n)
		}
	}
	if s.Restart == "" || len(s.Healthcheck.Test) < 2 || !slices.Equal(s.CapDrop, []string{"all"}) || len(s.SecurityOpt) != 1 {
		t.Errorf("%s is not started again, not looked at, or not locked up: %+v", name, s)
	}
}

// collects holds an instance to the configuration and to the image.
func (c compose) collects(t *testing.T, dir, name string, s composed) {
	t.Helper()
	credentials(t, s.Environment, "/run/secrets/collector.key")
	valid(t, s.Environment, s.Command...)
	if s.Build.Context != ".." || !s.ReadOnly || !strings.Contains(image(t, dir), "ARG VERSION") {
		t.Errorf("%s is not built or not locked up like the container: %+v", name, s)
	}
	if !slices.Equal(s.Secrets, []string{"collector.key"}) || c.Secrets["collector.key"].File != "collector.key" {
		t.Errorf("%s: secrets %v", name, s.Secrets)
	}
	if want := strings.Join(s.Healthcheck.Test[1:], `", "`); !strings.Contains(image(t, dir), `CMD ["`+want+`"]`) {
		t.Errorf("%s is looked at by %q, the image by something else", name, s.Healthcheck.Test)
	}
	for _, p := range s.Ports {
		if published := hostPorts(p); published > 0 && published < 3 {
			t.Errorf("%s publishes %s: of several instances all but %d find no port of the machine", name, p, published)
		}
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
}

// hostPorts says among how many ports of the machine a published port (ADDRESS:PORTS:PORT)
// is chosen; 0 where any free one is taken.
func hostPorts(published string) int {
	parts := strings.Split(published, ":")
	if len(parts) < 2 || parts[len(parts)-2] == "" {
		return 0
	}
	from, to, several := strings.Cut(parts[len(parts)-2], "-")
	first, err := strconv.Atoi(from)
	if err != nil { // an address: any port of it
		return 0
	}
	last, err := strconv.Atoi(to)
	if !several || err != nil {
		return 1
	}
	return last - first + 1
}

func TestHostPorts(t *testing.T) {
	for published, want := range map[string]int{
		"8765": 0, "8765:8765": 1, "127.0.0.1:8765:8765": 1, "127.0.0.1:8765-8774:8765": 10, "8765-8766:8765": 2, "127.0.0.1::8765": 0,
	} {
		if got := hostPorts(published); got != want {
			t.Errorf("%s: %d ports, want %d", published, got, want)
		}
	}
}
