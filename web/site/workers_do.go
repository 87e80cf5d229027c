package site

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"collector/cluster"
	"collector/control"
	"collector/queue"
	"collector/store"
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
		stats, err := one.Stats(v.ctx(), name)
		if err != nil {
			return err
		}
		if len(stats) > 0 {
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

// changeInstance has an instance be quiet, work again, or end.
func (v *visit) changeInstance() error {
	if err := v.operator(); err != nil {
		return err
	}
	name := v.r.PathValue("name")
	switch page.Deed(v.r.PostFormValue("do")) {
	case page.Quiet:
		return v.askInstance(name, store.Quiet, name+" claims nothing more and finishes what it has in hand, as soon as it has heard of it: within 5 s. It stays until you resume or stop it, and works again when it is started anew.")
	case page.Resume:
		return v.askInstance(name, store.Work, name+" claims again what is due, as soon as it has heard of it: within 5 s.")
	case page.Stop:
		return v.stopInstance(name)
	}
	return wrong("go back and use a button", "this cannot be done to an instance")
}

func (v *visit) askInstance(name string, w store.Wish, told string) error {
	_, err := v.Panel.AskInstance(v.ctx(), name, w, v.now)
	if p, is := errors.AsType[*control.Problem](err); is && strings.HasPrefix(p.Next, "collector ") { // a command
		here := *p
		here.Next = "see Workers for those that run"
		return &here
	}
	if err != nil {
		return err
	}
	return v.leadOn("/workers", done(told))
}

// stopInstance asks an instance to end its work and leave: through the cluster where it is a
// member, else through the store.
func (v *visit) stopInstance(name string) error {
	if v.r.PostFormValue("sure") != "yes" {
		f, err := v.frame("Stop?", page.OnWorkers)
		if err != nil {
			return err
		}
		return v.show(http.StatusOK, page.Confirm{
			Frame: f, Heading: "Stop " + name + "?", To: page.Path("/workers/" + url.PathEscape(name)), Do: page.Stop, Button: "Stop it", Back: page.Link{Text: "Let it work", To: "/workers"},
			Text: words.Plain("It begins nothing more, ends what it has in hand and leaves. Others on the store do its work; without any, nothing is collected, and this page is gone with it. Here it cannot be started again; a service manager may do so by itself."),
		})
	}
	told := name + " ends what it has in hand and leaves."
	if v.Work.Drain != nil {
		err := v.Work.Drain(v.ctx(), name)
		if err == nil {
			return v.leadOn("/workers", done(told))
		}
		if !errors.Is(err, cluster.ErrNoMember) {
			return err
		}
	}
	return v.askInstance(name, store.Stop, told)
}
