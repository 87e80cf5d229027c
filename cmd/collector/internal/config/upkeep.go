package config

import "time"

// Upkeep says what a collector does beside collecting.
type Upkeep struct {
	CleanInactive time.Duration `yaml:"clean_inactive" split_words:"true" doc:"end the collecting of lists whose users were not there for so long, such as 720h; what was collected is kept. 0s: never"`
	ExportFolder  string        `yaml:"export_folder" split_words:"true" doc:"folder for exports that are written in the background; beside an SQLite store unless it is set"`
}

func (u *Upkeep) validate(bad func(key, format string, a ...any)) {
	const least, most = 7 * 24 * time.Hour, 10 * 365 * 24 * time.Hour
	if u.CleanInactive != 0 && (u.CleanInactive < least || u.CleanInactive > most) {
		bad("clean_inactive", "%s is not between %s and %s; 0s is never", span(u.CleanInactive), span(least), span(most))
	}
}
