package main

import (
	"runtime"

	"github.com/spf13/cobra"
)

// versionCommand prints the version.
func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  a.noArguments,
		RunE: func(*cobra.Command, []string) error {
			a.printf("collector %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}
