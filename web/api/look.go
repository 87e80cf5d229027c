package api

import (
	"context"

	"collector/control"
	"collector/store"
)

// Asked is what every question carries.
type Asked struct {
	User string `query:"user" maxLength:"200" doc:"whose things are meant; without it those of the one who asks, for the operator those of all users"`
}

// OfNetwork names one network.
type OfNetwork struct {
	Asked
	Network string `query:"network" required:"true" minLength:"1" maxLength:"1000" example:"github/octocat" doc:"service/account, as accounts lists it"`
}

type accountsAnswer struct {
	Body struct {
		Accounts []control.Account `json:"accounts" nullable:"false"`
	}
}

func (s *service) accounts(ctx context.Context, in *Asked) (*accountsAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	if err := s.Panel.Few(ctx, user, s.Now()); err != nil {
		return nil, err
	}
	list, err := s.Panel.Accounts(ctx, user)
	out := &accountsAnswer{}
	out.Body.Accounts = append([]control.Account{}, list...)
	return out, err
}

type networksQuestion struct {
	Asked
	Service string `query:"service" maxLength:"100" doc:"only networks of this service"`
	Limit   int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"at most so many; which ones is not said"`
}

type networksAnswer struct {
	Body struct {
		Networks []control.Network `json:"networks" nullable:"false"`
		More     bool              `json:"more" doc:"there are more than the limit"`
	}
}

func (s *service) networks(ctx context.Context, in *networksQuestion) (*networksAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	list, err := s.Panel.Networks(ctx, store.Filter{User: user, Service: in.Service, Limit: in.Limit + 1}, s.Now())
	if err != nil {
		return nil, err
	}
	out := &networksAnswer{}
	out.Body.More = len(list) > in.Limit
	out.Body.Networks = list[:min(len(list), in.Limit)]
	return out, nil
}

type statusQuestion struct {
	Asked
	Network string `query:"network" maxLength:"1000" example:"github/octocat" doc:"only this one"`
}

type statusAnswer struct{ Body control.Status }

func (s *service) status(ctx context.Context, in *statusQuestion) (*statusAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	v, err := s.Panel.StatusOf(ctx, user, in.Network, s.Now())
	if !isOperator(ctx) {
		v = withoutMachines(v)
	}
	return &statusAnswer{v}, err
}

// withoutMachines leaves out what is the operator's alone: where the store is, and what
// runs where.
func withoutMachines(v control.Status) control.Status {
	v.Store, v.Instances = "", []control.Instance{}
	if v.Pause != "" {
		v.Pause = "the disk of the collector is nearly full"
	}
	return v
}

type explainAnswer struct{ Body control.Explained }

func (s *service) explain(ctx context.Context, in *OfNetwork) (*explainAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	e, err := s.Panel.Explain(ctx, user, in.Network, s.Now())
	if !isOperator(ctx) { // what runs where
		e.WithoutMachines()
	}
	return &explainAnswer{e}, err
}

type quotasAnswer struct {
	Body struct {
		Quotas []control.Budgeted `json:"quotas" nullable:"false"`
	}
}

func (s *service) quotas(ctx context.Context, in *Asked) (*quotasAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	list, err := s.Panel.Quotas(ctx, user, s.Now())
	out := &quotasAnswer{}
	out.Body.Quotas = list
	return out, err
}

type connectorsAnswer struct {
	Body struct {
		Connectors []control.Service `json:"connectors" nullable:"false"`
	}
}

type connectorsQuestion struct {
	Query string `query:"q" maxLength:"2000" example:"video" doc:"only services that have all these words in their names, or in what their likes are called"`
}

func (s *service) connectors(_ context.Context, in *connectorsQuestion) (*connectorsAnswer, error) {
	out := &connectorsAnswer{}
	out.Body.Connectors = s.Panel.Services(in.Query)
	return out, nil
}

type connectorQuestion struct {
	Name string `path:"name" maxLength:"100" example:"github" doc:"the name of the service"`
}

type connectorAnswer struct{ Body control.Service }

func (s *service) connector(ctx context.Context, in *connectorQuestion) (*connectorAnswer, error) {
	v, err := s.Panel.Service(ctx, in.Name, s.Now())
	if !isOperator(ctx) { // what it cost all of them
		v.Spent = ""
	}
	return &connectorAnswer{v}, err
}

// Edition is the number of what the answers mean. It grows when one changes its meaning or
// goes; new members may come at any time.
const Edition = 1

type aboutAnswer struct {
	Body control.About
}

func (s *service) about(ctx context.Context, _ *struct{}) (*aboutAnswer, error) {
	user, err := whose(ctx, "")
	if err != nil {
		return nil, err
	}
	return &aboutAnswer{control.About{Version: s.Version, Edition: Edition, Simulated: s.Panel.Simulated, User: user}}, nil
}

type configAnswer struct {
	Body struct {
		Settings []control.Setting `json:"settings" nullable:"false"`
	}
}

func (s *service) config(ctx context.Context, _ *struct{}) (*configAnswer, error) {
	if err := operator(ctx, "the configuration is"); err != nil {
		return nil, err
	}
	out := &configAnswer{}
	out.Body.Settings = append([]control.Setting{}, s.Settings()...)
	return out, nil
}
