package site

import (
	"net/http"
	"net/url"
	"strings"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/state"
	"collector/web/page"
	"collector/web/page/words"
)

// wishes are what can be wished for a list, by the forms of its page and of the accounts.
func (s *site) wishes() []route {
	return []route{{"POST /accounts/{service}/{account...}", grant.Write, (*visit).wish}}
}

// asked is the user whose list is meant, and its name. The operator, who sees those of all
// users, says in the address whose it is; of everybody else it is never asked.
func (v *visit) asked() (user, name string) {
	user, name = v.whose(), v.r.PathValue("service")+"/"+v.r.PathValue("account")
	if user == "" {
		user = v.r.FormValue("user")
	}
	return user, name
}

// listPath is the page of a list by its name, for who asks.
func (v *visit) listPath(user, name string) page.Path {
	return listPath(user, name, v.whose() == "")
}

// listPath is the page of a list by its name; whose says in it whose the list is, for the
// operator: two users may have one of the same name.
func listPath(user, name string, whose bool) page.Path {
	service, account, _ := strings.Cut(name, "/")
	to := page.NetworkPath(service, account)
	if whose {
		to += page.Path("?" + url.Values{"user": {user}}.Encode())
	}
	return to
}

// wish does what a form asks for, of one list.
func (v *visit) wish() error {
	user, name := v.asked()
	n, err := control.Find(v.ctx(), v.Panel.Store, user, name)
	if err != nil {
		return err
	}
	to := v.listPath(n.User, n.Name())
	if v.r.FormValue("back") != "" {
		to = v.back()
	}
	w := control.Wish{User: n.User, Networks: []string{n.Name()}}
	var done []control.Done
	switch do := page.Deed(v.r.PostFormValue("do")); do {
	case page.Sync, page.SyncFully:
		done, err = v.Panel.Sync(v.ctx(), w, do == page.SyncFully, v.now)
	case page.Pause, page.Resume:
		done, err = v.Panel.SetPaused(v.ctx(), w, do == page.Pause, v.now)
	case page.Accept:
		if !v.sure() {
			return v.askAccept(n)
		}
		done, err = v.Panel.AcceptRemovals(v.ctx(), w, v.now)
	case page.Disconnect:
		if !v.sure() {
			return v.askDisconnect(n)
		}
		return v.disconnect(n)
	default:
		return wrong("go back and press one of the buttons", "the form asks for nothing that can be done with a list")
	}
	if err != nil {
		return err
	}
	return v.leadOn(to, became(done))
}

// sure says whether somebody was asked and said yes.
func (v *visit) sure() bool { return v.r.PostFormValue("sure") == "yes" }

// became is what became of a wish, in words.
func became(all []control.Done) page.Note {
	var said []string
	for _, d := range all {
		said = append(said, plain.Line(d.Network)+map[string]string{
			control.Due:            " is read next.",
			control.StaysPaused:    " is paused: it is read once you resume it.",
			control.NotCollected:   " was imported, and there is no sign-in to collect it with.",
			control.Paused:         " is paused. Likes made meanwhile are read when you resume it.",
			control.Resumed:        " goes on.",
			control.TakenAsGone:    ": " + plain.Many(d.Items, "like", "likes") + " will be taken as gone with the next run, which is now.",
			control.NothingMissing: " misses nothing that could be taken as gone.",
		}[d.Result])
	}
	return done(strings.Join(said, " "))
}

func (v *visit) askAccept(n state.Network) error {
	missing := 0
	if n.Swept != nil {
		missing = n.Swept.Unseen
	}
	many := plain.Many(missing, "like", "likes")
	return v.confirmList(page.Confirm{
		Heading: "Take " + many + " as gone?", Do: page.Accept, Button: "Take " + many + " as gone",
		Text: words.Plain("The last reading of the whole list did not show them. Their copies stay, and are found with is:removed."),
	}, n)
}

func (v *visit) askDisconnect(n state.Network) error {
	return v.confirmList(page.Confirm{
		Heading: "Disconnect " + plain.Line(n.Name()) + "?", Do: page.Disconnect, Button: "Disconnect, keep " + plain.Many(n.Items, "like", "likes"),
		Text: words.Plain("It is no longer collected. Where it is the last list of its sign-in, the sign-in is forgotten. What was collected stays and is found as before; to delete that too, whoever has the machine runs ").
			And(words.Code("collector accounts remove --purge")),
	}, n)
}

// confirmList asks about a list.
func (v *visit) confirmList(c page.Confirm, n state.Network) error {
	f, err := v.frame(c.Heading, page.OnAccounts)
	if err != nil {
		return err
	}
	to := v.listPath(n.User, n.Name())
	f.Path = to // a form's own address is no page
	c.Frame, c.To, c.Back = f, to, page.Link{Text: "Leave it as it is", To: to}
	return v.show(http.StatusOK, c)
}

// disconnect ends the collecting of a list and keeps what was collected.
func (v *visit) disconnect(n state.Network) error {
	if _, err := v.Panel.Store.RemoveNetwork(v.ctx(), n.ID, false); err != nil {
		return err
	}
	return v.leadOn("/accounts", done(plain.Line(n.Name())+" is no longer collected. What was collected stays."))
}

// buttons are what can be done with a list at once, for whoever may. bare ones show icons.
func (v *visit) buttons(n control.Network, to page.Path, bare bool) page.Actions {
	if !v.who.May(grant.Write) || n.Condition == string(state.Imported) {
		return page.Actions{}
	}
	name := plain.Line(n.Network)
	out := page.Actions{To: to, About: name}
	if n.Paused {
		out.List = []page.Action{{Do: page.Resume, Text: "Resume", Icon: "play"}}
		return out
	}
	sync := page.Action{Do: page.Sync, Text: "Sync now", Icon: "sync", Key: ".", Look: page.Main}
	pause := page.Action{Do: page.Pause, Text: "Pause", Icon: "pause"}
	if bare {
		sync = page.Action{Do: page.Sync, Text: "Sync " + name + " now", Icon: "sync", Bare: true, Look: page.Calm}
		pause = page.Action{Do: page.Pause, Text: "Pause " + name, Icon: "pause", Bare: true, Look: page.Calm}
	}
	out.List = []page.Action{sync, pause}
	return out
}
