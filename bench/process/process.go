// Package process runs the programs that a measurement compares, each as a
// process of its own, so that its CPU time and its memory are its own and not
// the benchmark's.
package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Build compiles the command pkg ("./cmd/collector") of the repository at root
// into dir, as a release is compiled, and returns the path of the program.
func Build(ctx context.Context, root, dir, pkg string) (string, error) {
	path := filepath.Join(dir, filepath.Base(pkg))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", pkg, err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, pkg)
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// Used is what a process took.
type Used struct {
	Wall time.Duration // from its start to its end
	CPU  time.Duration // user and system
	Peak float64       // resident memory at its highest, MB (10^6 bytes); 0 where the system does not tell
	// Server is the CPU time of the database server meanwhile; 0 where there is none.
	Server time.Duration
}

// Run runs a command to its end. Its standard output is returned; a failure
// carries what it wrote to standard error.
func Run(cmd *exec.Cmd) ([]byte, Used, error) {
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, Used{}, fmt.Errorf("starting %s: %w", filepath.Base(cmd.Path), err)
	}
	watched := watch(cmd.Process.Pid)
	err := cmd.Wait()
	used := Used{Wall: time.Since(start), Peak: watched()}
	if cmd.ProcessState != nil {
		used.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err != nil {
		return out.Bytes(), used, fmt.Errorf("%s %s: %w\n%s", filepath.Base(cmd.Path), strings.Join(cmd.Args[1:], " "), err, &talk)
	}
	return out.Bytes(), used, nil
}

// watch reads the peak memory of a process again and again, since it cannot be
// asked for once the process has ended. The function that it returns ends that
// and tells the highest value seen, MB.
func watch(pid int) func() float64 {
	var peak atomic.Int64
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				if b := Peak(pid); b > 0 {
					peak.Store(b)
				}
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-ended
		return float64(peak.Load()) / 1e6
	}
}

// Peak is the highest resident memory of a living process so far, in bytes; 0
// where the system does not tell (only Linux does, in /proc).
func Peak(pid int) int64 { return kilobytes(pid, "VmHWM:") }

// Resident is the present resident memory of a living process, in bytes; 0 where
// the system does not tell.
func Resident(pid int) int64 { return kilobytes(pid, "VmRSS:") }

func kilobytes(pid int, field string) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}

// CPU is the CPU time of a living process so far, user and system; an error
// where the system does not tell. Its unit is that of the kernel's clock, 10 ms.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time of a process: %w", err)
	}
	// The second field, the program's name, is in brackets and may hold anything.
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("reading the CPU time of a process: %q is not understood", text)
	}
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime, fields 14 and 15 of proc(5)
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the CPU time of a process: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100, nil // USER_HZ is 100 on every Linux
}

// Worked is CPU exact to the microsecond, of the threads that live: enough for one call of
// a server that keeps its threads. It is false where the system does not tell; only Linux
// does.
func Worked(pid int) (time.Duration, bool) {
	tasks, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
	if err != nil || len(tasks) == 0 {
		return 0, false
	}
	var sum time.Duration
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		ran, _, _ := strings.Cut(string(text), " ") // nanoseconds on a processor, the first of three
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, false
		}
		sum += time.Duration(n)
	}
	return sum, true
}
