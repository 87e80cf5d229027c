package api

import (
	"cmp"
	"context"

	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
)

// caller says whose webhooks are meant; those of others are for the operator with admin.
func caller(ctx context.Context, user string, changing bool) (string, error) {
	if who, _ := grant.From(ctx); who.Kind != "" && who.User == "" && !who.May(grant.Admin) {
		return "", forbidden("webhooks of all users are for the operator", "ask for a token with the scope admin, or for one of a user")
	}
	if changing {
		return changer(ctx, user)
	}
	return whose(ctx, user)
}

type webhooksAnswer struct {
	Body struct {
		Webhooks []control.Webhook `json:"webhooks" nullable:"false"`
	}
}

func (s *service) webhooks(ctx context.Context, in *Asked) (*webhooksAnswer, error) {
	user, err := caller(ctx, in.User, false)
	if err != nil {
		return nil, err
	}
	out := &webhooksAnswer{}
	return out, s.Panel.Beside.Webhooks(ctx, false, func(hooks webhook.Store) error {
		list, err := s.Panel.Webhooks(ctx, hooks, user)
		out.Body.Webhooks = append([]control.Webhook{}, list...)
		return err
	})
}

type webhookWish struct {
	Body struct {
		User      string   `json:"user,omitempty" maxLength:"200" doc:"whose likes; without it those of the one who asks"`
		URL       string   `json:"url" maxLength:"2000" example:"https://hooks.example/likes" doc:"the address that is called"`
		Query     string   `json:"query,omitempty" maxLength:"2000" doc:"only what matches, as collector search takes it"`
		Kinds     []string `json:"kinds,omitempty" maxItems:"10" nullable:"false" enum:"poll,backfill,sweep,fill,remap,import" doc:"by what found the change: poll (the default), backfill, sweep, fill, remap, import"`
		Private   bool     `json:"private,omitempty" doc:"also what is private at its service"`
		Parallel  int      `json:"parallel,omitempty" minimum:"1" maximum:"100" default:"10" doc:"calls at once"`
		PerMinute int      `json:"perMinute,omitempty" minimum:"0" maximum:"600000" doc:"calls in a minute; 0 for no limit"`
	}
}

type webhookMade struct{ Body control.MadeWebhook }

func (s *service) addWebhook(ctx context.Context, in *webhookWish) (*webhookMade, error) {
	b := in.Body
	user, err := caller(ctx, b.User, true)
	if err != nil {
		return nil, err
	}
	if len(b.Kinds) == 0 {
		b.Kinds = []string{"poll"}
	}
	e := webhook.Endpoint{User: cmp.Or(user, control.Someone), URL: b.URL, Query: b.Query, Kinds: b.Kinds, Private: b.Private, Parallel: b.Parallel, PerMinute: b.PerMinute}
	if e, err = s.Panel.CheckWebhook(e, s.Now()); err != nil {
		return nil, err
	}
	out := &webhookMade{}
	return out, s.Panel.Beside.Webhooks(ctx, true, func(hooks webhook.Store) error {
		out.Body, err = s.Panel.AddWebhook(ctx, hooks, e, s.Now())
		return err
	})
}

// OfWebhook is the body of a wish about one webhook.
type OfWebhook struct {
	ID string `json:"id" maxLength:"100" example:"wh_4xkq2m7ytzr5" doc:"the webhook, as the list shows it"`
}

type ofWebhookWish struct{ Body OfWebhook }

type ofWebhookAnswer struct{ Body OfWebhook }

// onWebhook runs fn for a webhook that the one who asks may change.
func (s *service) onWebhook(ctx context.Context, id string, fn func(webhook.Store, string) error) (*ofWebhookAnswer, error) {
	user, err := caller(ctx, "", true)
	if err != nil {
		return nil, err
	}
	out := &ofWebhookAnswer{OfWebhook{id}}
	return out, s.Panel.Beside.Webhooks(ctx, false, func(hooks webhook.Store) error {
		e, err := control.WebhookCalled(ctx, hooks, user, id)
		if err != nil {
			return err
		}
		return control.UnknownWebhook(fn(hooks, e.ID), id)
	})
}

func (s *service) removeWebhook(ctx context.Context, in *ofWebhookWish) (*ofWebhookAnswer, error) {
	return s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) error { return s.Panel.RemoveWebhook(ctx, hooks, id) })
}

func (s *service) pauseWebhook(ctx context.Context, in *ofWebhookWish) (*ofWebhookAnswer, error) {
	return s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) error { return control.PauseWebhook(ctx, hooks, id, true) })
}

func (s *service) resumeWebhook(ctx context.Context, in *ofWebhookWish) (*ofWebhookAnswer, error) {
	return s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) error { return control.PauseWebhook(ctx, hooks, id, false) })
}

type replayWish struct {
	Body struct {
		OfWebhook
		Since *int64 `json:"since,omitempty" minimum:"0" nullable:"false" doc:"all changes after this number, 0 for all that the log holds; without it what was given up"`
	}
}

func (s *service) replayWebhook(ctx context.Context, in *replayWish) (*changedAnswer, error) {
	out := &changedAnswer{}
	_, err := s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) (err error) {
		if in.Body.Since != nil {
			return s.Panel.RewindWebhook(ctx, hooks, id, *in.Body.Since)
		}
		out.Body.Changed, err = s.Panel.ReplayWebhook(ctx, id, s.Now())
		return err
	})
	return out, err
}

type webhookRotated struct{ Body control.RotatedWebhook }

func (s *service) rotateWebhook(ctx context.Context, in *ofWebhookWish) (*webhookRotated, error) {
	out := &webhookRotated{}
	_, err := s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) (err error) {
		out.Body, err = s.Panel.RotateWebhook(ctx, hooks, id, s.Now())
		return err
	})
	return out, err
}

type webhookTested struct{ Body control.PingedWebhook }

func (s *service) testWebhook(ctx context.Context, in *ofWebhookWish) (*webhookTested, error) {
	out := &webhookTested{}
	var found webhook.Endpoint
	_, err := s.onWebhook(ctx, in.Body.ID, func(hooks webhook.Store, id string) error {
		r, err := hooks.Get(ctx, id)
		found = r.Endpoint
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.Post == nil {
		return nil, forbidden("this collector calls nobody", "ask one that collects")
	}
	out.Body, err = s.Panel.PingWebhook(ctx, s.Post, found, s.Now) // with nothing held open: it may take its time
	return out, err
}
