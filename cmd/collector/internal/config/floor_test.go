package config

import (
	"strings"
	"testing"
)

func TestFloor(t *testing.T) {
	for text, want := range map[string]uint64{"200MB": 200e6, "1 GB": 1e9, "64MiB": 64 << 20, "0": 0, "5000": 5000} {
		if got, err := (Storage{DiskFloor: text}).Floor(); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "much", "-1", "12 elephants"} {
		_, err := load(t, "", map[string]string{"COLLECTOR_DISK_FLOOR": text}, nil)
		if text != "" && (err == nil || !strings.Contains(err.Error(), "disk_floor") || !strings.Contains(err.Error(), "200MB")) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
