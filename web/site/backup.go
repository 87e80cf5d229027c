package site

import (
	"os"
	"path/filepath"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// backing hands out a copy of the store. It is a form that asks for it: no link of another
// site, and nothing that reads ahead, has one made.
func (s *site) backing() []route {
	return []route{{"POST /settings/backup", grant.Admin, (*visit).backUp}}
}

// backsUp says whether whoever asks sees the backup: the operator, but of the demo, which
// deletes its store.
func (v *visit) backsUp() bool { return v.operates() && !v.Panel.Simulated }

// backedUp says when the store was last backed up, and how that is done and undone.
func (v *visit) backedUp(p *page.Settings) error {
	if v.File == "" {
		return nil
	}
	p.Backup = &page.Backup{File: filepath.Base(v.File), Restore: "collector restore --store=" + plain.Shell("sqlite:"+v.File) + " FILE"}
	if in, err := os.Stat(v.File); err == nil { // else how large it is stays unsaid
		p.Backup.Size = words.Size(in.Size())
	}
	last, err := v.Panel.LastBackup(v.ctx())
	switch {
	case err != nil:
		return err
	case last.At.IsZero():
		p.Backup.Last = words.Plain("No backup was made yet.")
	default:
		p.Backup.Last = words.Plain("The last backup was made ").And(words.Was(last.At.In(v.now.Location()), v.now))
		if last.Bytes > 0 {
			p.Backup.Last = p.Backup.Last.And(words.Plain(", with " + words.Size(last.Bytes)))
		}
		p.Backup.Last = p.Backup.Last.And(words.Plain("."))
	}
	return nil
}

// backUp sends a copy of the whole store as a file.
func (v *visit) backUp() error {
	if !v.backsUp() {
		return mayNot(grant.Admin)
	}
	if v.File == "" {
		return &control.Problem{Kind: control.Wrong, Whose: "you", Reason: "the store is no file, so no copy of it is made here", Next: "the settings say how it is backed up"}
	}
	v.begun = true
	err := v.Copies.Send(v.ctx(), v.w)
	v.begun = false // an error is for an answer that has not begun
	return err
}
