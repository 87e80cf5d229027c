package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
)

// sonifyCommand makes what happened audible.
func (a *app) sonifyCommand() *cobra.Command {
	var since, length time.Duration
	var out, user string
	c := &cobra.Command{
		Use:   "sonify --out FILE",
		Short: "write what happened as sound, a day in three minutes",
		Long: `Writes what happened as a WAV file: each service is an instrument in a register of
its own, a like is a note, many are a run, a limit is a sigh, a failure trembles,
work is wind. At the end those networks call that need somebody now.
docs/SOUND.md says what one hears.

Likes and likes that are gone come from the change log, which is kept for 30 days;
limits and failures from the last 20 runs of each network, which may reach back less
far. The same history gives the same sound. An earlier sound of the same name is
replaced, another file is not; only you can read it. With - in place of a name it
goes to standard output. With --api a collector that runs makes it, and here it
gets its name.`,
		Example: `  collector sonify --since=24h --out day.wav
  collector sonify --since=168h --length=10m --out week.wav
  collector sonify --out - | aplay`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			switch {
			case out == "":
				return you(exitUsage, "collector sonify --out day.wav", "no file is named")
			case since < time.Minute || since > 31*24*time.Hour:
				return you(exitUsage, "--since=24h", "--since=%s is not between a minute and 31 days", since)
			case length < time.Second || length > time.Hour || length > since:
				return you(exitUsage, "--length="+min(3*time.Minute, since).String(), "--length=%s is not between a second and an hour, or longer than what it tells of", length)
			}
			if _, is := terminal(a.out); is && out == "-" {
				return you(exitUsage, "collector sonify --out - | aplay, or collector sonify --out FILE", "sound is no text for a terminal")
			}
			return a.onDesk(c.Context(), a.using(user), func(ctx context.Context, d desk) (err error) {
				var heard control.Sounded
				write := func(w io.Writer) error {
					heard, err = d.Sonify(ctx, control.Sounding{User: user, Since: since, Length: length}, w)
					return err
				}
				if out == "-" {
					err = write(a.out)
				} else {
					err = newSound(out, write)
				}
				if err != nil {
					return err
				}
				if a.simulated {
					a.say("[simulated] the sound of made-up people")
				}
				if heard.Seconds == 0 { // what stands between has lost it
					a.say("all is written")
					return nil
				}
				a.say("%s of sound: %s, %s gone, %s and %s", clock(time.Duration(heard.Seconds)*time.Second), many(heard.Likes, "like", "likes"), count(heard.Removals),
					many(heard.Limits, "limit", "limits"), many(heard.Failures, "failure", "failures"))
				return nil
			})
		}),
	}
	c.Flags().DurationVar(&since, "since", 24*time.Hour, "how far back")
	c.Flags().DurationVar(&length, "length", 3*time.Minute, "how long the sound is; the last notes ring on for 3 seconds")
	c.Flags().StringVar(&out, "out", "", "the file to write; - for standard output")
	c.Flags().StringVar(&user, "user", "", "only this user's networks")
	return c
}

// Sonify is of the store here.
func (d atStore) Sonify(ctx context.Context, w control.Sounding, to io.Writer) (control.Sounded, error) {
	sound, err := d.panel().Sound(ctx, w, d.a.now())
	if err != nil {
		return control.Sounded{}, err
	}
	return sound.Write(ctx, to)
}

// newSound writes a sound that has its name only once it is whole. It takes the place of
// an earlier sound, and of nothing else: --out=collector.db would cost the likes.
func newSound(name string, write func(io.Writer) error) error {
	if err := replaceable(name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".collector-*")
	if err != nil {
		return you(exitReadOnly, "name a file in a folder that you may write", "making %s: %w", line(name), err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return errors.Join(fmt.Errorf("naming the file: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// replaceable refuses a name that something else has than a RIFF file, which a WAV file is.
func replaceable(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return you(exitReadOnly, "name a new file", "looking at what %s is: %w", line(name), err)
	}
	defer f.Close()
	begin := make([]byte, 4)
	if _, err := io.ReadFull(f, begin); err != nil || string(begin) != "RIFF" {
		return you(exitUsage, "name another file", "%s is there and is no sound", line(name))
	}
	return nil
}
