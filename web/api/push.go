package api

import (
	"cmp"
	"context"
	"fmt"

	"collector/auth"
	"collector/control"
	"collector/fault"
	"collector/web"
)

// karakeepPath and linkdingPath are where a push goes on until all is there.
const (
	karakeepPath = Path + "push/karakeep"
	linkdingPath = Path + "push/linkding"
)

// pushesAtOnce are under way at a time; more are refused.
const pushesAtOnce = 4

type pushWish struct {
	Slow
	Body struct {
		URL       string  `json:"url" minLength:"1" maxLength:"2000" example:"https://links.example" doc:"the address at which a browser shows the service; in a private network only where COLLECTOR_ALLOW_PRIVATE lists it"`
		Token     string  `json:"token" minLength:"1" maxLength:"20000" doc:"the token of its API; it is not kept"`
		User      string  `json:"user,omitempty" maxLength:"200" doc:"whose likes; without it of the one who asks, for the operator me"`
		Query     string  `json:"query,omitempty" maxLength:"2000" doc:"only what matches, as collector search takes it"`
		Private   bool    `json:"private,omitempty" doc:"also what is private at its service"`
		DryRun    bool    `json:"dryRun,omitempty" doc:"say what would be added, add nothing"`
		Again     bool    `json:"again,omitempty" doc:"look at all likes again, not only at what is new; what was refused is tried again"`
		PerSecond float64 `json:"perSecond,omitempty" exclusiveMinimum:"0" maximum:"100000" default:"5" doc:"calls in a second, at most"`
	}
}

type pushedAnswer struct {
	Body struct {
		control.Pushed
		Stopped *web.Problem `json:"stopped" doc:"null, or why it ended before all was there: what is told is done"`
	}
}

// push keeps a bookmark service up to date, until whoever asked goes away.
func (s *service) push(ctx context.Context, to string, in *pushWish) (*pushedAnswer, error) {
	b := in.Body
	user, err := changer(ctx, b.User)
	if err != nil {
		return nil, err
	}
	if s.Panel.Simulated {
		return nil, madeUp("nothing is pushed")
	}
	cred, err := auth.ParseCredential(b.Token)
	if err == nil && cred.Access.Empty() {
		err = control.ErrNoToken
	}
	if err != nil { // it never repeats the text
		return nil, unfit(err.Error(), "give the token alone")
	}
	select {
	case s.pushes <- struct{}{}:
	default:
		return nil, &control.Problem{Kind: control.Busy, Reason: fmt.Sprintf("%d pushes are under way", pushesAtOnce), Whose: "nobody", Next: "wait until one of them has ended"}
	}
	defer func() { <-s.pushes }()
	ctx, end := in.begin(ctx)
	defer end()
	told, end := in.progress()
	defer end()
	out := &pushedAnswer{}
	out.Body.Pushed, err = s.Panel.Beside.Push(ctx, control.Pushing{
		To: to, URL: b.URL, Token: cred.Access, User: cmp.Or(user, control.Someone), Query: b.Query,
		Private: b.Private, Dry: b.DryRun, Again: b.Again, PerSecond: b.PerSecond, Told: told,
	})
	f := fault.As(err)
	if f != nil {
		err = control.OfFault(f) // it is about the bookmark service, and not a word of the store
	}
	if out.Body.First == nil { // it is a list, whatever came of it
		out.Body.Schema, out.Body.DryRun, out.Body.First = 1, b.DryRun, []control.Unpushed{}
	}
	out.Body.Stopped, err = s.stopped(ctx, out.Body.Looked > 0 || f != nil, because(ctx, err))
	return out, err
}
