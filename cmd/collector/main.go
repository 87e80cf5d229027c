// Command collector keeps a complete, current, searchable copy of what its users
// liked. Each sub-command is one file; app holds what they share. What the
// program prints on standard output is data, all talk goes to standard error.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is written by the linker; see scripts/version.
var version = "dev"

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // finish the page in hand, give all back
		<-signals
		os.Exit(exitInterrupted) // a stop at any moment loses nothing
	}()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program. It returns its exit code.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(env, stdin, stdout, stderr).main(ctx, args)
}
