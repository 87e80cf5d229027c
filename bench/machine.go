package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// machine is where and when figures were measured.
type machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	Date  string `json:"date"` // UTC
}

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores; %s; %s", m.CPU, m.Cores, m.Go, m.Date)
}

func thisMachine(now time.Time) machine {
	m := machine{
		CPU: runtime.GOARCH + " processor", Cores: runtime.NumCPU(),
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Date: now.UTC().Format("2006-01-02 15:04 UTC"),
	}
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m // only Linux tells it this way
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}
