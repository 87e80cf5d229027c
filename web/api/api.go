package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/web"
)

// Config is what the API needs.
type Config struct {
	Panel    *control.Panel
	Grants   *grant.Service           // makes and ends what lets people in
	Post     webhook.Post             // calls an address that a user named; nil: nobody is called
	Settings func() []control.Setting // the configuration, with what is secret hidden
	Now      func() time.Time
	Version  string
	Clean    func(string) string // takes secrets that the process knows out of a text
	SignIn   control.Reach       // without Whose and Keep nothing is connected
	Folder   string              // where files are kept while they are imported; "": the system's
	Copies   *web.Copies         // makes copies of the store and sends them
	// TestNotify sends a test message to each address of the operator's.
	TestNotify func(context.Context) ([]control.Told, error)
}

// Path is where the API begins; Spec is where it describes itself.
const (
	Path = "/api/"
	Spec = "/api/openapi.json"
)

// How long one answer may take, and one for which somebody else is asked. The server cuts
// off what is not begun after a minute.
const (
	answerWithin = 30 * time.Second
	slowWithin   = 50 * time.Second
)

// service answers.
type service struct {
	Config
	imports chan struct{} // holds one for each that is under way
	enrols  chan struct{} // likewise
	pushes  chan struct{} // likewise
	sounds  chan struct{} // likewise
}

// New makes the handler of everything below Path. Requests have passed web.Known.
func New(c Config) (http.Handler, error) {
	mux := http.NewServeMux()
	conf := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "collector", Version: c.Version,
				Description: "What you liked, how the networks are doing and why, and what changed: the same as the commands say. " +
					"Over the Unix socket beside the store nobody has to sign in.",
			},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "a token of the collector; where nobody has to sign in it is not looked at"}},
			},
			Security: []map[string][]string{{}, {"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}, // the second is for problem+json
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	s := &service{
		Config: c, imports: make(chan struct{}, importsAtOnce), enrols: make(chan struct{}, 1),
		pushes: make(chan struct{}, pushesAtOnce), sounds: make(chan struct{}, soundsAtOnce),
	}
	s.removeLeft() // of a process before that was killed
	conf.Transformers = []huma.Transformer{s.problems}
	api := humago.New(mux, conf)
	s.routes(api)
	spec, err := describe(api)
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET "+Spec, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(spec) // whoever asked may be gone
	})
	mux.HandleFunc(Path, func(w http.ResponseWriter, r *http.Request) { nothingThere(mux, w, r) })
	return bounded(web.Route(mux)), nil
}

// describe is the OpenAPI document.
func describe(api huma.API) ([]byte, error) {
	doc := api.OpenAPI()
	schemas := doc.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // the library's; problems are ours
	delete(schemas, "ErrorDetail")
	orNull(doc.Components.Schemas)
	spec, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("describing the API: %w", err)
	}
	return spec, nil
}

// nothingThere answers for what is not offered, and names the methods that are.
func nothingThere(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	p := &web.Problem{Status: http.StatusNotFound, Detail: "there is nothing under this address", Whose: "you", Next: Spec + " lists what there is"}
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		other := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(other); pattern != Path && m != r.Method {
			p.Status, p.Detail = http.StatusMethodNotAllowed, "this address is used otherwise"
			w.Header().Add("Allow", m)
		}
	}
	web.WriteProblem(w, r, p)
}

// whose returns whose things are meant, of the one who asks for those of user.
func whose(ctx context.Context, user string) (string, error) {
	who, _ := grant.From(ctx)
	scope, err := web.Scope(who, user)
	if err != nil {
		return "", web.ProblemOf(err)
	}
	return scope, nil
}

// changer is whose for what changes something.
func changer(ctx context.Context, user string) (string, error) {
	if who, _ := grant.From(ctx); !who.May(grant.Write) {
		return "", forbidden("you may look, and change nothing", "ask for a token with the scope write")
	}
	return whose(ctx, user)
}

func forbidden(reason, next string) error {
	return web.ProblemOf(&control.Problem{Kind: control.Forbidden, Reason: reason, Whose: "you", Next: next})
}

// isOperator says whether the operator asks: then nothing of the installation is left out.
func isOperator(ctx context.Context) bool {
	who, ok := grant.From(ctx)
	return ok && who.User == "" && who.May(grant.Admin)
}
