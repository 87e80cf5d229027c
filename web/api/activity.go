package api

import (
	"context"

	"collector/control"
	"collector/grant"
)

type activityQuestion struct {
	Asked
	Network string `query:"network" maxLength:"1000" example:"github/octocat" doc:"only what happened to this one"`
	Kind    string `query:"kind" enum:"new,changed,gone,wait,fail,webhook,instance" doc:"only this: lists with new, changed or gone likes, waits, failures, webhooks, or instances"`
	Before  int64  `query:"before" minimum:"0" default:"0" doc:"older of the page before; 0 for the newest, with what the log of changes does not have"`
}

type activityAnswer struct{ Body control.Activity }

func (s *service) activity(ctx context.Context, in *activityQuestion) (*activityAnswer, error) {
	user, err := whose(ctx, in.User)
	if err != nil {
		return nil, err
	}
	who, _ := grant.From(ctx)
	v, err := s.Panel.Activity(ctx, control.ActivityAsked{
		User: user, Network: in.Network, Kind: in.Kind, Before: in.Before,
		Webhooks: who.User != "" || isOperator(ctx), Instances: isOperator(ctx) && user == "",
	}, s.Now())
	if err != nil {
		return nil, err
	}
	return &activityAnswer{v}, s.seen(ctx, user)
}
