package api

import (
	"cmp"
	"context"
	"time"

	"collector/auth"
	"collector/control"
)

// connectPath is where a service is asked, which may take its time.
const connectPath = Path + "connect"

// Bounds on what a service takes to say whose a credential is, and to give a first page.
const (
	askFor   = 25 * time.Second
	firstFor = 15 * time.Second
)

type connectWish struct {
	Slow
	Body struct {
		Service     string            `json:"service" minLength:"1" maxLength:"100" doc:"the service, as connectors lists it, such as github"`
		User        string            `json:"user,omitempty" maxLength:"200" doc:"whose account it is; without it of the one who asks, for the operator me"`
		Server      string            `json:"server,omitempty" maxLength:"1000" doc:"the address of the account's own server, where the service has many"`
		Name        string            `json:"name,omitempty" maxLength:"200" doc:"name of the account; without it the service names it"`
		Params      map[string]string `json:"params,omitempty" nullable:"false" doc:"settings of the service, as connectors/{name} lists them"`
		Token       string            `json:"token,omitempty" maxLength:"20000" doc:"the bare token, or the JSON object of a credential as a text; of the two ways to sign in one"`
		Identifier  string            `json:"identifier,omitempty" maxLength:"1000" doc:"a name, handle or address, where the service is signed in to by a password"`
		AppPassword string            `json:"appPassword,omitempty" maxLength:"1000" doc:"the password to it; an app password, where the service has them"`
		Budget      *int              `json:"budget,omitempty" minimum:"0" maximum:"1000000000" nullable:"false" doc:"what a month may cost, in thousandths of a US dollar, where the service charges; for the operator alone, since it counts for all users"`
		Look        bool              `json:"look,omitempty" doc:"also say how much there is, by reading the first page; where that would cost money it is not read"`
	}
}

type connectAnswer struct{ Body control.SignedIn }

func (s *service) connect(ctx context.Context, in *connectWish) (*connectAnswer, error) {
	b := in.Body
	user, err := changer(ctx, b.User)
	if err != nil {
		return nil, err
	}
	if b.Budget != nil { // it counts for all who use the service
		if err := operator(ctx, "what a service may cost is"); err != nil {
			return nil, err
		}
	}
	switch {
	case s.Panel.Simulated:
		return nil, madeUp("nothing real is connected")
	case s.SignIn.Whose == nil || s.SignIn.Keep == nil:
		return nil, forbidden("nothing is connected over HTTP here", "collector connect "+b.Service)
	}
	c, err := s.Panel.ServiceNamed(b.Service)
	if err != nil {
		return nil, err
	}
	ask := control.Connecting{
		Service: b.Service, Wanted: control.Wanted{User: cmp.Or(user, control.Someone), Server: b.Server, Name: b.Name, Params: b.Params},
		Budget: b.Budget, Look: b.Look,
	}
	if ask.Credential, err = in.credential(); err != nil {
		return nil, err
	}
	if tell := in.telling(); tell != nil {
		ask.Told = func(so control.SignedIn) { tell(so) }
	}
	got, err := s.Panel.Connect(ctx, s.SignIn.Within(askFor, firstFor), ask, s.Now)
	if err != nil {
		return nil, control.Refusal(c.Info(), ask.Wanted, err)
	}
	return &connectAnswer{got}, nil
}

// credential is what somebody signs in with.
func (in *connectWish) credential() (auth.Credential, error) {
	b := in.Body
	byName := auth.Credential{Identifier: auth.NewSecret(b.Identifier), AppPassword: auth.NewSecret(b.AppPassword)}
	switch given := b.Identifier != "" || b.AppPassword != ""; {
	case given && b.Token != "":
		return auth.Credential{}, unfit("a token and a password are given", "give one of the two")
	case given && byName.Empty():
		return auth.Credential{}, unfit("a name and a password are needed", "give both, identifier and appPassword")
	case given:
		return byName, nil
	}
	cred, err := auth.ParseCredential(b.Token)
	if err != nil { // it never repeats the text
		return cred, unfit(err.Error(), "give a token, or the JSON object that collector connect --help shows")
	}
	return cred, nil
}

func unfit(reason, next string) error {
	return &control.Problem{Kind: control.Wrong, Reason: reason, Whose: "you", Next: next}
}

// madeUp refuses what would mix real things with those of the demo.
func madeUp(so string) error {
	return forbidden("all data here is made up, so "+so, "ask a collector where no demo runs")
}
