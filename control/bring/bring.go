// Package bring brings the exports of services and programs into a store, beside a collector
// that may run: it finds out what an export is, which network each of its lists belongs to,
// makes those that there are not, and tells what it came to. The command `import` and the
// API do it by this.
package bring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/control"
	"collector/imports"
	"collector/store/intake"
)

// Options are what an import was asked for; each may be left out.
type Options struct {
	Format string // what it is, where its content does not show
	Into   string // the network that it belongs to: service/account
	User   string // whose likes they are; "": the user that our own export names, else control.Someone
	Part   string // only this file of an archive or folder
	AsOf   string // when it was made: a day, or a time as in RFC 3339
	DryRun bool   // say what is in it, and store nothing
}

// Importer brings exports into the store of a panel, which for a dry run may be nil.
type Importer struct {
	Panel  *control.Panel
	Intake *intake.Intake // nil for a dry run
	Now    func() time.Time
	Told   func(control.Progressed) // called after each entry; nil: nobody is told
}

// Import brings in an export that was recognised. Whose it is, where it says so itself, is
// left aside where Options name a user. An error ends it; what was stored stays, and to import
// it again adds nothing twice.
func (im Importer) Import(ctx context.Context, x *Export, o Options) (*Report, error) {
	if o.User != "" {
		if err := control.CheckWho(o.User, ""); err != nil {
			return nil, err
		}
	}
	t := &taking{
		Importer: im, Options: o, intake: im.Intake, made: x.Made, report: newReport(x.Format.Name, x.Made),
		targets: map[string]*destination{}, lists: map[string]string{}, waiting: map[string][]imports.Entry{},
	}
	t.report.DryRun = o.DryRun
	if o.DryRun {
		t.intake = nil
	}
	if err := x.Format.Read(ctx, x.parts, func(e imports.Entry) error { return t.entry(ctx, e) }); err != nil {
		return nil, err
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	t.report.sorted()
	return t.report, nil
}

// wrong is a problem that whoever asked can mend.
func wrong(next, format string, a ...any) error {
	w := fmt.Errorf(format, a...)
	return &control.Problem{Kind: control.Wrong, Reason: w.Error(), Whose: "you", Next: next, Err: errors.Unwrap(w)}
}
