package site

import (
	"errors"
	"net/http"
	"net/url"

	"collector/cluster"
	"collector/control"
	"collector/queue"
	"collector/web/page"
	"collector/web/page/words"
)

// changeQueue stops handing out the jobs of a queue, or goes on.
func (v *visit) changeQueue() error {
	if err := v.operator(); err != nil {
		return err
	}
	name, do := v.r.PathValue("name"), page.Deed(v.r.PostFormValue("do"))
	if do != page.Pause && do != page.Resume {
		return wrong("go back and use a button", "this cannot be done to a queue")
	}
	return v.withJobs(false, func(jobs []queue.Store) error { return v.pauseQueue(jobs, name, do) })
}

func (v *visit) pauseQueue(jobs []queue.Store, name string, do page.Deed) error {
	for _, one := range jobs {
		stats, err := one.Stats(v.ctx())
		if err != nil {
			return err
		}
		for _, s := range stats {
			if s.Queue != name {
				continue
			}
			if err := one.Pause(v.ctx(), name, do == page.Pause); err != nil {
				return err
			}
			what := "The queue " + name + " goes on."
			if do == page.Pause {
				what = "The queue " + name + " is paused: nothing of it is begun until you resume it."
			}
			return v.leadOn("/workers", done(what))
		}
	}
	return &control.Problem{Kind: control.Unknown, Whose: "you", Reason: "there is no such queue", Next: "see Workers for those that are there"}
}

// changeInstance asks an instance to end its work and leave.
func (v *visit) changeInstance() error {
	if err := v.operator(); err != nil {
		return err
	}
	name := v.r.PathValue("name")
	if page.Deed(v.r.PostFormValue("do")) != page.Stop || v.Work.Drain == nil {
		return wrong("go back and use a button", "this cannot be done to an instance")
	}
	if v.r.PostFormValue("sure") != "yes" {
		f, err := v.frame("Stop?", page.OnWorkers)
		if err != nil {
			return err
		}
		return v.show(http.StatusOK, page.Confirm{
			Frame: f, Heading: "Stop " + name + "?", To: page.Path("/workers/" + url.PathEscape(name)), Do: page.Stop, Button: "Stop it", Back: page.Link{Text: "Let it work", To: "/workers"},
			Text: words.Plain("It begins nothing more, ends what it has in hand and leaves. The others do its work. Here it cannot be started again."),
		})
	}
	err := v.Work.Drain(v.ctx(), name)
	if errors.Is(err, cluster.ErrNoMember) {
		return &control.Problem{Kind: control.Unknown, Whose: "you", Reason: "there is no such instance in the cluster any more", Next: "see Workers for those that run", Err: err}
	}
	if err != nil {
		return err
	}
	return v.leadOn("/workers", done(name+" ends what it has in hand and leaves."))
}
