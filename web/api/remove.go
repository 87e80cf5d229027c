package api

import (
	"context"

	"collector/control"
)

// removePath is where what is deleted is taken out of whole files, which may take its time.
const removePath = Path + "accounts/remove"

type removeWish struct {
	Body struct {
		User    string `json:"user,omitempty" maxLength:"200" doc:"whose network it is"`
		Network string `json:"network" maxLength:"1000" example:"github/octocat" doc:"service/account, as accounts lists it"`
		Purge   bool   `json:"purge,omitempty" doc:"also delete for ever what was collected of it, and what was published; also of a network that was removed earlier"`
		DryRun  bool   `json:"dryRun,omitempty" doc:"find it and say how many items it has; nothing is removed"`
	}
}

type removedAnswer struct{ Body control.Removed }

func (s *service) remove(ctx context.Context, in *removeWish) (*removedAnswer, error) {
	b := in.Body
	user, err := changer(ctx, b.User)
	if err != nil {
		return nil, err
	}
	r, err := s.Panel.Remove(ctx, control.Removing{User: user, Network: b.Network, Purge: b.Purge, DryRun: b.DryRun})
	if !isOperator(ctx) && len(r.Copies) > 0 { // where the store is
		r.Copies = []string{"Backups and copies that were made of the store still hold it."}
	}
	return &removedAnswer{r}, err
}
