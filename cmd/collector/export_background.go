package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"collector/control"
	"collector/queue"
	"collector/store"
	"collector/upkeep"
)

// exports are the jobs of exports in the background. A done one is kept for a week, so
// that it can be asked how it went.
var exports = queue.Kind[control.Export]{
	Name: "export", Queue: upkeep.Queue, Keep: 7 * 24 * time.Hour,
	Policy: queue.Policy{MaxAttempts: 10, Backoff: queue.Exponential(10*time.Second, time.Hour)},
}

// exportFolder is where exports in the background are written; "" for nowhere.
func (a *app) exportFolder() string {
	if a.conf.ExportFolder != "" {
		return a.conf.ExportFolder
	}
	if path := a.database(); path != "" {
		return path + ".exports"
	}
	return ""
}

// exportFile is the name of the file that a job writes. It follows from the job's id
// alone, so nobody can choose where in the file system something is written.
func exportFile(job, format string) string { return "likes-" + job + "." + format }

// jobID matches the ids that queue.NewID makes.
var jobID = regexp.MustCompile(`^[0-9a-z]{26}$`)

// addExport puts an export on the queue.
func (a *app) addExport(ctx context.Context, st store.Store, w control.Export) (out control.AddedExport, err error) {
	now := a.now()
	out.Job = queue.NewID(now)
	out.File, out.Folder = exportFile(out.Job, w.Format), a.exportFolder()
	j, err := exports.Job(w)
	if err != nil {
		return out, err
	}
	j.ID = out.Job
	return out, a.withOpenJobs(ctx, st, upkeepJobs(), func(jobs queue.Store) error { return upkeep.Add(ctx, st, jobs, a.now, j) })
}

// showAdded says where an export is written, and how to ask for it.
func (a *app) showAdded(e control.AddedExport) {
	a.printf("%s\n", line(e.Job))
	where := "the export_folder of the collector that takes it"
	if e.Folder != "" {
		where = line(e.Folder)
	}
	a.say("A running collector writes %s into %s. How it goes: collector jobs show %s", line(e.File), where, line(e.Job))
	a.sayIdle(e.Works)
}

// exportHandler writes exports into a folder. A file gets its name once it is whole.
func (a *app) exportHandler(st store.Store, folder string, log *slog.Logger) queue.Handler {
	return exports.Handle(func(ctx context.Context, t *queue.Task, w control.Export) error {
		id := t.Job.ID
		if !jobID.MatchString(id) || !exportable(w.Format) {
			return queue.Permanent(errors.New("this is no export that `collector export --background` has added: remove the job"))
		}
		n, err := a.exportInto(ctx, st, folder, id, w, t)
		if err != nil {
			return err
		}
		log.Info("export written", "job", id, "file", filepath.Join(folder, exportFile(id, w.Format)), "items", n)
		return nil
	})
}

// exportInto writes one export, over what an earlier attempt has left.
func (a *app) exportInto(ctx context.Context, st store.Store, folder, id string, w control.Export, t *queue.Task) (n int, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, fmt.Errorf("making the folder of exports: %w", err)
	}
	path := filepath.Join(folder, exportFile(id, w.Format))
	left, err := filepath.Glob(filepath.Join(folder, ".likes-"+id+".*"))
	if err != nil {
		return 0, err
	}
	for _, old := range left {
		if err := os.RemoveAll(old); err != nil { // also the folder of a database that was not whole yet
			return 0, fmt.Errorf("removing what an earlier attempt has left: %w", err)
		}
	}
	f, err := os.CreateTemp(folder, ".likes-"+id+".*") // only its owner may read it
	if err != nil {
		return 0, fmt.Errorf("writing an export: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
			_ = os.Remove(f.Name()) // the next attempt tries again
		}
	}()
	if n, err = a.writeExport(ctx, st, w, t.Job.Added, f, func(n int) { t.Note(many(n, "item", "items") + " written") }); err != nil {
		return n, err
	}
	if err = f.Sync(); err != nil {
		return n, err
	}
	if err = context.Cause(ctx); err != nil { // somebody else may write it now
		return n, err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return n, err
	}
	return n, f.Close()
}

// removeExport deletes what an export has written.
func (a *app) removeExport(id string) error {
	folder := a.exportFolder()
	if folder == "" || !jobID.MatchString(id) {
		return nil
	}
	for _, name := range []string{"likes-" + id + ".*", ".likes-" + id + ".*"} {
		files, err := filepath.Glob(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := os.RemoveAll(f); err != nil {
				return fmt.Errorf("deleting an export: %w", err)
			}
		}
	}
	return nil
}

// exportsLeft says, after a purge, where exports are of which nobody knows any more whose
// they are, or that are everybody's.
func (a *app) exportsLeft() []string {
	if folder := a.exportFolder(); folder != "" {
		if left, err := filepath.Glob(filepath.Join(folder, "likes-*")); err == nil && len(left) > 0 {
			return []string{"So may the exports in " + folder + "."}
		}
	}
	return nil
}
