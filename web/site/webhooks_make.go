package site

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"collector/control"
	plain "collector/control/words"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/search"
	"collector/web/page"
	"collector/web/page/words"
)

// mostEntry is how many letters an address or a query of a webhook has at most, as over HTTP.
const mostEntry = 2000

// callsAtOnce is how many calls at once a webhook gets that is made by the page.
const callsAtOnce = 10

// kindTexts are the kinds of changes, as people call them.
var kindTexts = map[string]string{
	"poll": "new likes, and what changed of them", "backfill": "the history, when a list is read for the first time", "sweep": "likes that were taken back or are gone",
	"fill": "details that came later", "remap": "what was kept aside and can be read now", "import": "what was imported",
}

// newWebhook is the form of a new webhook, nil where whoever asks makes none. The demo calls
// nobody.
func (v *visit) newWebhook() *page.NewWebhook {
	if !v.who.May(grant.Write) || v.Panel.Simulated {
		return nil
	}
	form := v.r.PostForm
	out := &page.NewWebhook{
		Fields: []page.Field{
			{Name: "url", Label: "Address", Kind: page.URLField, Value: form.Get("url"), Hint: "https://hooks.example/likes", Help: "It is called with a POST for each like.", Required: true},
			{Name: "query", Label: "Which likes", Kind: page.TextField, Value: form.Get("query"), Hint: "lang:go", Help: "A search, as on the page Likes. Leave it empty for all."},
		},
		Private: form.Get("private") != "",
	}
	for _, k := range webhook.Kinds {
		chosen := slices.Contains(form["kind"], k) || !form.Has("url") && k == "poll"
		out.Kinds = append(out.Kinds, page.Option{Value: k, Text: kindTexts[k], Chosen: chosen})
	}
	return out
}

// makeWebhook makes a webhook of whoever asks and answers with the settings, and the secret in
// them: it is shown this once. Where what was entered makes none, it stays in the form.
func (v *visit) makeWebhook() error {
	if !v.seesWebhooks() {
		return mayNot(grant.Admin)
	}
	form := v.newWebhook()
	if form == nil {
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: "all data here is made up, so nobody is told of it", Next: "make the webhook where no demo runs"}
	}
	user, err := v.keeper()
	if err != nil {
		return err
	}
	e := webhook.Endpoint{User: user, URL: form.Fields[0].Value, Query: form.Fields[1].Value, Kinds: v.r.PostForm["kind"], Private: form.Private, Parallel: callsAtOnce}
	if e, err = v.fitWebhook(form, e); err != nil {
		return err
	}
	if form.Note != nil {
		return v.settled(http.StatusUnprocessableEntity, func(p *page.Settings) { p.NewWebhook = form })
	}
	var made control.MadeWebhook
	err = v.Panel.Beside.Webhooks(v.ctx(), true, func(hooks webhook.Store) error {
		made, err = v.Panel.AddWebhook(v.ctx(), hooks, e, v.now)
		return err
	})
	if errors.Is(err, webhook.ErrMany) {
		form.Note = unmade("you have " + words.Number(webhook.Most) + " webhooks, which is as many as may be: remove one that is not needed any more")
		return v.settled(http.StatusUnprocessableEntity, func(p *page.Settings) { p.NewWebhook = form })
	}
	if err != nil {
		return err
	}
	return v.settled(http.StatusOK, func(p *page.Settings) {
		p.HookOnce = &page.Once{What: "Webhook " + made.ID + " made. Here is its secret.", Secret: made.Secret, Lost: hookSecret}
		if !made.Connected {
			p.HookOnce.Lost += " The user " + plain.Line(made.User) + " has no account here yet: until there is one, nothing is told."
		}
		p.NewWebhook = emptied(form)
	})
}

// hookSecret is what the secret of a webhook is for.
const hookSecret = "Each call is signed with it, so that your server knows who calls. Lost it? Remove this webhook and make another."

// unmade says that no webhook was made, and what to do.
func unmade(next string) *page.Note {
	return &page.Note{Tone: page.Wait, Icon: "alert", What: words.Strong("No webhook was made."), Whose: words.First(plain.Line(next)) + ", then press the button again."}
}

// emptied is a form as it was before anything was entered.
func emptied(n *page.NewWebhook) *page.NewWebhook {
	out := *n
	out.Private, out.Fields, out.Kinds = false, slices.Clone(n.Fields), slices.Clone(n.Kinds)
	for i := range out.Fields {
		out.Fields[i].Value = ""
	}
	for i := range out.Kinds {
		out.Kinds[i].Chosen = out.Kinds[i].Value == "poll"
	}
	return &out
}

// fitWebhook completes a webhook that is to be made. What of it cannot be is said in the
// form, at each field; an error is of what no form of ours sends.
func (v *visit) fitWebhook(form *page.NewWebhook, e webhook.Endpoint) (webhook.Endpoint, error) {
	address, query := &form.Fields[0], &form.Fields[1]
	for _, f := range []*page.Field{address, query} {
		if n := utf8.RuneCountInString(f.Value); n > mostEntry {
			f.Wrong = "It has " + words.Number(n) + " letters, and " + words.Number(mostEntry) + " at most may be. Shorten it."
		}
	}
	if _, bad := search.Parse(e.Query, v.now); bad != nil && query.Wrong == "" {
		query.Wrong = "This is not understood. " + words.First(plain.Line(bad.Error())) + ". The page Help explains the language."
	}
	if len(e.Kinds) == 0 {
		form.Note = unmade("choose at least one of what it is told of")
	}
	if address.Wrong == "" {
		target, err := v.Panel.Beside.Target(e.URL)
		if err != nil {
			address.Wrong = words.First(plain.Line(err.Error())) + "."
		}
		e.URL = target
	}
	if form.Note == nil && cmp.Or(address.Wrong, query.Wrong) != "" {
		form.Note = unmade("mend what is marked below")
	}
	if form.Note != nil {
		return e, nil
	}
	return e, control.FitWebhook(e, v.now)
}
