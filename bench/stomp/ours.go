package stomp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"collector/bench/process"
)

// ours is our server as a process of its own.
type ours struct {
	address string
	cmd     *exec.Cmd
	end     io.Closer
	talk    bytes.Buffer
}

// startOurs starts one with a store. The caller stops it.
func startOurs(ctx context.Context, program string, args ...string) (*ours, error) {
	m := &ours{cmd: exec.CommandContext(ctx, program, args...)}
	m.cmd.Stderr = &m.talk
	in, err := m.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the STOMP server: %w", err)
	}
	m.end = in
	out, err := m.cmd.StdoutPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the STOMP server: %w", err)
	}
	var hello struct{ Address string }
	if err := json.NewDecoder(out).Decode(&hello); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the STOMP server: %w", err), m.stop())
	}
	m.address = hello.Address
	return m, nil
}

func (m *ours) cpu() (time.Duration, error) { return process.CPU(m.cmd.Process.Pid) }

func (m *ours) stop() error {
	_ = m.end.Close() // it ends by that
	if err := m.cmd.Wait(); err != nil {
		return fmt.Errorf("the STOMP server: %w\n%s", err, &m.talk)
	}
	return nil
}
