package api

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"collector/control"
	"collector/control/bring"
	"collector/store/intake"
	"collector/web"
)

// importPath is where files of any form are read for as long as they come.
const importPath = Path + "import"

const (
	// importsAtOnce are under way at a time; more are refused.
	importsAtOnce = 2
	// importWithin is how long what was sent is imported, and what works on a list waited for.
	importWithin = 10 * time.Minute
)

type importWish struct {
	Slow
	User   string `query:"user" maxLength:"200" doc:"whose likes they are; without it of the one who asks, for the operator of the user that our own export names, else me"`
	Name   string `query:"name" maxLength:"255" example:"bookmarks.html" doc:"what the file is called: mistakes are told with it"`
	Format string `query:"format" maxLength:"50" doc:"what it is, where its content does not show, as docs/IMPORT.md lists them"`
	Into   string `query:"into" maxLength:"1000" doc:"the network that it belongs to, where there are several or it shall have a name of its own"`
	Part   string `query:"part" maxLength:"1000" doc:"only this file of the archive"`
	AsOf   string `query:"asOf" maxLength:"40" example:"2025-07-08" doc:"when the export was made: a day, or a time as in RFC 3339; without it the time of the files in the archive, else now"`
	DryRun bool   `query:"dryRun" doc:"read all of it and say what is in it, store nothing"`
}

type importAnswer struct{ Body bring.Report }

// upload is the body of an import in the description.
func upload() *huma.RequestBody {
	return &huma.RequestBody{
		Required: true, Description: "the file, as it is: at most 1 GiB",
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
}

// importing brings in a file that is sent. It is kept in a file of its own while it is read.
func (s *service) importing(ctx context.Context, in *importWish) (*importAnswer, error) {
	user, err := changer(ctx, in.User)
	if err != nil {
		return nil, err
	}
	if s.Panel.Simulated {
		return nil, madeUp("nothing real is imported")
	}
	select {
	case s.imports <- struct{}{}:
	default:
		return nil, &control.Problem{Kind: control.Busy, Reason: fmt.Sprintf("%d imports are under way", importsAtOnce), Whose: "nobody", Next: "wait until one of them has ended"}
	}
	defer func() { <-s.imports }()
	ctx, end := web.UntilStop(ctx)
	defer end()
	sent, err := s.receive(ctx, in.w, in.r)
	if err != nil {
		return nil, err
	}
	defer sent.remove()
	ctx, cancel := context.WithTimeoutCause(ctx, importWithin, &control.Problem{
		Kind: control.Temporary, Reason: fmt.Sprintf("it was not imported in %s; what was stored is kept", importWithin), Whose: "this machine", Next: "import it again: it goes on",
	})
	defer cancel()
	told, end := in.progress()
	defer end()
	r, err := s.bring(ctx, sent.path, path.Base(in.Name), told, bring.Options{Format: in.Format, Into: in.Into, User: user, Part: in.Part, AsOf: in.AsOf, DryRun: in.DryRun})
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return &importAnswer{*r}, nil
}

// bring imports a file.
func (s *service) bring(ctx context.Context, file, name string, told func(control.Progressed), o bring.Options) (r *bring.Report, err error) {
	if name == "." || name == "/" {
		name = "the file"
	}
	x, err := bring.Open(file, name)
	if err != nil {
		return nil, err
	}
	defer x.Close() // it was only read
	if err := x.Recognise(o, s.Now()); err != nil {
		return nil, err
	}
	im := bring.Importer{Panel: s.Panel, Now: s.Now, Told: told}
	if o.DryRun {
		return im.Import(ctx, x, o)
	}
	err = s.Panel.Beside.Intake(ctx, nil, func(in *intake.Intake) error {
		im.Intake = in
		r, err = im.Import(ctx, x, o)
		return err
	})
	return r, err
}
