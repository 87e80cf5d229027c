package main

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"

	"collector/auth"
	"collector/control/words"
)

// logger writes to standard error: text for people at a terminal, JSON else,
// always without the secrets that this process knows.
func (a *app) logger() *slog.Logger {
	level := slog.LevelInfo
	switch a.conf.LogLevel {
	case "debug":
		level = slog.LevelDebug
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	}
	if a.conf.Quiet {
		level = max(level, slog.LevelWarn)
	}
	var h slog.Handler = slog.NewJSONHandler(escaping{a.logs()}, &slog.HandlerOptions{Level: level})
	if a.textLogs() {
		h = tint.NewTextHandler(a.logs(), &tint.Options{Level: level, TimeFormat: "15:04:05", NoColor: !a.colour(a.err)})
	}
	if a.scrubber == nil {
		a.scrubber = auth.NewScrubber()
	}
	log := slog.New(auth.Redact(h, a.scrubber))
	if a.simulated {
		log = log.With("simulated", true)
	}
	return log
}

// escaping writes JSON with what a terminal could obey escaped.
type escaping struct{ io.Writer }

func (e escaping) Write(p []byte) (int, error) {
	if _, err := e.Writer.Write(words.EscapedJSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// textLogs says whether logs are for people.
func (a *app) textLogs() bool {
	_, is := terminal(a.err)
	return a.conf.LogFormat == "text" || a.conf.LogFormat == "auto" && is
}

// logs is where log lines go: past the progress line, where there is one.
func (a *app) logs() io.Writer {
	if a.progress != nil {
		return a.progress
	}
	return a.err
}

// scrub takes the secrets that this process knows out of a text.
func (a *app) scrub(text string) string {
	if a.scrubber == nil {
		return text
	}
	return a.scrubber.Scrub(text)
}
