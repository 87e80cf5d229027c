package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/fault"
	"collector/limit"
	"collector/state"
)

// Reach is how services are asked whose a credential is, and how it is kept. Without Whose
// and Keep nothing can be connected.
type Reach struct {
	// Whose asks a service whose credential it is, and returns it as it is to be stored.
	Whose func(context.Context, connectors.Connector, Wanted, auth.Credential) (connectors.Identity, auth.Credential, error)
	// Keep stores it sealed.
	Keep func(ctx context.Context, account string, cred auth.Credential) error
	// First reads the first page with a credential that is not stored yet, and may renew it.
	First func(context.Context, connectors.Connector, Wanted, connectors.Identity, *auth.Credential) (connectors.Page, error)
	// Allow keeps what a month may cost at a service that charges, in connectors.Mills.
	Allow func(ctx context.Context, in connectors.Info, mills int) error
	// Private are servers of the own network that may be named: COLLECTOR_ALLOW_PRIVATE.
	Private []string
}

// Within is the same, with bounds on how long a service may take to say whose a credential
// is, and to give a first page.
func (r Reach) Within(asked, first time.Duration) Reach {
	out := r
	out.Whose = func(ctx context.Context, c connectors.Connector, w Wanted, cred auth.Credential) (connectors.Identity, auth.Credential, error) {
		ctx, end := context.WithTimeout(ctx, asked)
		defer end()
		return r.Whose(ctx, c, w, cred)
	}
	out.First = func(ctx context.Context, c connectors.Connector, w Wanted, id connectors.Identity, cred *auth.Credential) (connectors.Page, error) {
		ctx, end := context.WithTimeout(ctx, first)
		defer end()
		return r.First(ctx, c, w, id, cred)
	}
	return out
}

// Connecting is what somebody asks for who connects an account, or signs it in again.
type Connecting struct {
	Service string
	Wanted
	Credential auth.Credential
	Budget     *int // what a month may cost, in connectors.Mills; nil: as before
	Look       bool // say how much there is, by the first page or by what the service tells
	// Told is called with what is known so far: whose the credential is, then how much there
	// is. nil: nobody waits for it.
	Told func(SignedIn)
}

func (c *Connecting) told(so SignedIn) {
	if c.Told != nil {
		c.Told(so)
	}
}

// SignedIn is what became of it.
type SignedIn struct {
	User     string  `json:"user"`
	Network  string  `json:"network"`
	Again    bool    `json:"again"`           // it was there, and is signed in again
	Imported int     `json:"imported"`        // items that an import had brought, which it goes on with
	Person   string  `json:"person"`          // as the service calls him; "" where it does not say
	Unsaid   string  `json:"unsaid,omitzero"` // why it does not say
	Kept     string  `json:"kept,omitzero"`   // the name that the account keeps, where another one was asked for
	Missing  []Scope `json:"missing"`         // permissions that the credential lacks
	Excess   []Power `json:"excess"`          // permissions that it has and nothing here needs
	Checks   []Check `json:"checks"`          // what was looked at, in its order
	Look     *Look   `json:"look"`            // null where nobody asked for it
	Works    bool    `json:"works"`           // a collector runs; without one nothing is read
}

// Look is how much there is, as far as it is told.
type Look struct {
	Total  int    `json:"total"`  // all likes; 0: not told
	Pages  int    `json:"pages"`  // on so many pages; 0: not told
	Items  int    `json:"items"`  // on the first page
	More   bool   `json:"more"`   // there are further pages
	Millis int64  `json:"millis"` // how long the first page took, in milliseconds
	Told   bool   `json:"told"`   // the service told the total when it said whose it is
	Price  *Price `json:"price"`  // null where the service charges nothing; else no page was read
	Reason string `json:"reason,omitzero"`
	Next   string `json:"next,omitzero"` // what to do where the page could not be read, and Reason says why
}

// check holds what somebody asks for to what the service wants, and brings its server into
// the form of an origin.
func (c *Connecting) check(p *Panel, in connectors.Info, private []string) (err error) {
	if err = CheckWho(c.User, c.Name); err != nil {
		return err
	}
	if err = CheckParams(in, c.Params); err != nil {
		return err
	}
	if c.Server, err = ServerOf(in, c.Server, private); err != nil {
		return err
	}
	return p.CheckBudget(in, c.Budget)
}

// CheckBudget refuses more than the configuration allows, in connectors.Mills: the collector
// would not spend it. The error is a Problem.
func (p *Panel) CheckBudget(in connectors.Info, mills *int) error {
	switch {
	case mills == nil:
		return nil
	case in.Price == 0:
		return ChargesNothing(in)
	}
	if may, by := p.Budget(in); *mills > may {
		return you(Wrong, fmt.Sprintf("set %s=%s where the collector runs, then run this again", by, limit.Dollars(*mills)[1:]),
			"a month may cost %s at most by the configuration, which --budget can only lower", limit.Dollars(may))
	}
	return nil
}

// ChargesNothing refuses a budget for a service that charges nothing.
func ChargesNothing(in connectors.Info) error {
	return you(Wrong, "collector connect "+in.Name+" without --budget", "%s charges nothing, so there is nothing to allow", in.Title)
}

// Connect asks the service whose credential it is, keeps it, and makes the network due. A
// service that does not say it is believed where a name was given. What a service or a
// person refuses is an error that Refusal words.
func (p *Panel) Connect(ctx context.Context, r Reach, ask Connecting, clock func() time.Time) (SignedIn, error) {
	c, err := p.ServiceNamed(ask.Service)
	if err != nil {
		return SignedIn{}, err
	}
	in := c.Info()
	if err := ask.check(p, in, r.Private); err != nil {
		return SignedIn{}, err
	}
	looked := newChecks(in, ask.Server)
	out := SignedIn{User: ask.User, Missing: []Scope{}, Excess: []Power{}, Checks: looked.list}
	began := clock()
	id, cred, err := r.Whose(ctx, c, ask.Wanted, ask.Credential)
	took := clock().Sub(began)
	if err != nil {
		if k := fault.KindOf(err); ask.Name == "" || k != fault.Forbidden && k != fault.Gone {
			looked.refused(err, took)
			return SignedIn{Checks: looked.list}, err
		}
		id, out.Unsaid = connectors.Identity{}, fault.As(err).Reason
		looked.unsaid(ask.Name, out.Unsaid)
	} else {
		looked.whose(id.Name)
		looked.may(p, id.Scopes)
	}
	looked.reached(took)
	acc, known, err := p.whose(ctx, in, ask.Wanted, id)
	if err != nil {
		if other, ok := errors.AsType[*NotTheirs](err); ok {
			looked.fail(checkWhose, other.Error(), "you", "")
		}
		return SignedIn{Checks: looked.list}, err
	}
	if id.ID != "" {
		out.Person = id.Name
	}
	if known && ask.Name != "" && ask.Name != acc.Name {
		out.Kept = acc.Name
	}
	for _, s := range MissingScopes(in, id.Scopes) {
		out.Missing = append(out.Missing, Scope{s.Name, s.Why})
	}
	out.Excess = p.Excess(in, id.Scopes)
	ask.told(out)
	if ask.Budget != nil { // before anything is read that costs money
		if err := r.Allow(ctx, in, *ask.Budget); err != nil {
			return SignedIn{}, err
		}
	}
	if ask.Look { // may renew the credential, so before it is kept
		if out.Look, err = p.look(ctx, r, c, ask.Wanted, id, &cred, clock, looked); err != nil {
			return SignedIn{}, err
		}
		ask.told(out)
	}
	now := clock()
	if err := p.Here(ctx, ask.User, now); err != nil {
		return SignedIn{}, err
	}
	keep := func(ctx context.Context, account string) error { return r.Keep(ctx, account, cred) }
	got, err := p.save(ctx, in, ask.Wanted, id, acc, known, keep, now)
	if err != nil {
		return SignedIn{}, err
	}
	out.Network, out.Again, out.Imported = got.network.Name(), got.again, got.imported
	out.Works, err = p.Works(ctx, now)
	return out, err
}

// look says how much there is. A page that cannot be read is said, and is no reason not to
// connect; where it would cost money none is read.
func (p *Panel) look(ctx context.Context, r Reach, c connectors.Connector, w Wanted, id connectors.Identity, cred *auth.Credential, clock func() time.Time, looked *checks) (*Look, error) {
	in, out := c.Info(), &Look{Told: id.Total}
	if id.Total {
		out.Total = id.Likes
	}
	if in.Price > 0 {
		rows, err := LedgerOf(ctx, p.Store, in)
		price := p.Price(in, rows)
		out.Price = &price
		looked.set(checkFirst, CheckToDo, "The first page is not read beforehand, since it costs money")
		return out, err
	}
	began := clock()
	page, err := r.First(ctx, c, w, id, cred)
	if err != nil {
		pr := ProblemOf(err)
		out.Reason, out.Next = pr.Reason, pr.Next
		looked.unread(fault.KindOf(err).String(), pr.Reason, pr.Whose, pr.Next)
		return out, nil
	}
	out.Millis, out.Items, out.More, out.Pages = clock().Sub(began).Milliseconds(), len(page.Items), page.Next != "", page.Pages
	if page.Total > 0 {
		out.Total = page.Total
	}
	if out.Pages == 0 && out.Total > 0 && in.PageSize > 0 {
		out.Pages = (out.Total + in.PageSize - 1) / in.PageSize
	}
	looked.read(*out)
	return out, nil
}

// Refusal words what is to be done about an error of Connect.
func Refusal(in connectors.Info, w Wanted, err error) error {
	if _, worded := errors.AsType[*Problem](err); worded {
		return err
	}
	if other, ok := errors.AsType[*NotTheirs](err); ok {
		p := ProblemOf(other.Err)
		if errors.Is(err, state.ErrOtherPerson) {
			p = you(Forbidden, fmt.Sprintf("collector connect %s without --name %s", in.Name, w.Name), "%s", p.Reason)
		}
		p.Reason, p.Err = p.Reason+"; nothing was changed", err
		return p
	}
	f := fault.As(err)
	if f == nil {
		return err
	}
	p := OfFault(f)
	switch f.Kind {
	case fault.Unauthorized:
		p.Reason, p.Next = "the token was not accepted: "+p.Reason, in.Connect
	case fault.Forbidden, fault.Gone:
		p.Next = fmt.Sprintf("grant the permission (collector connectors %s lists what is needed), or say who it is with --name", in.Name)
	case fault.Temporary:
		p.Next = "check the network and the address, then run it again"
	}
	p.Reason += "; nothing was saved"
	return p
}
