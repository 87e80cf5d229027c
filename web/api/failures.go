package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"collector/web"
)

// failure is a status of answers that do not do what was asked, and which operations give it.
type failure struct {
	status int
	means  string
	gives  func(*huma.Operation) bool
}

// failures are all that an operation may answer but its success: what the server, the sign-in
// and the library answer before it is asked, and what web.ProblemOf makes of its error. An answer
// with another status is a mistake.
var failures = []failure{
	{http.StatusBadRequest, "the address or the body cannot be read, or a body is missing", every},
	{http.StatusUnauthorized, "nobody is signed in", every},
	{http.StatusForbidden, "it is not for the one who asks: another user's, the operator's, or without a scope", but("connectors", "connectors-name")},
	{http.StatusNotFound, "what is named is not there", named},
	{http.StatusRequestTimeout, "the body did not come in time", every},
	{http.StatusConflict, "what is in work stands in its way, or the configuration of the collector has to be mended first", only("jobs-remove", "notify-test", "push-karakeep", "push-linkding", "queues-remove")},
	{http.StatusGone, "the change log is no longer kept back to there", only("changes")},
	{http.StatusRequestEntityTooLarge, "the body is too large", every},
	{http.StatusUnsupportedMediaType, "the body is no JSON by its Content-Type", takesJSON},
	{http.StatusMisdirectedRequest, "the collector is not known under the name that was asked for", every},
	{http.StatusUnprocessableEntity, "what was asked for is not as described, makes no sense, or will not succeed", every},
	{http.StatusTooManyRequests, "too much at once: of this, or of tokens that are no good", every},
	{http.StatusRequestHeaderFieldsTooLarge, "the address is longer than a head may be; the answer is a text", listsInAddress},
	{http.StatusInternalServerError, "a mistake in collector, of which its log tells", every},
	{http.StatusServiceUnavailable, "the store, or whoever else is asked, does not answer; the same may succeed later", every},
}

func every(*huma.Operation) bool { return true }

func only(ids ...string) func(*huma.Operation) bool {
	return func(op *huma.Operation) bool { return slices.Contains(ids, op.OperationID) }
}

func but(ids ...string) func(*huma.Operation) bool {
	these := only(ids...)
	return func(op *huma.Operation) bool { return !these(op) }
}

// named says whether something is named that may not be there: of a service, network, user, saved
// search, grant, webhook, job, queue, message or member, or the cluster itself.
var named = only(
	"accounts-remove", "cluster", "cluster-drain", "connect", "connectors-name", "explain", "export", "export-background", "feeds-revoke", "items",
	"jobs", "jobs-remove", "jobs-retry", "jobs-show", "pause", "queues-pause", "queues-peek", "queues-remove", "queues-requeue", "queues-resume", "resume",
	"search", "searches-remove", "searches-save", "status", "sync", "tokens-revoke", "users-purge",
	"webhooks-pause", "webhooks-remove", "webhooks-replay", "webhooks-resume", "webhooks-rotate", "webhooks-test",
	"workers-quiet", "workers-resume", "workers-stop",
)

// takesJSON says whether an operation reads a body itself, and not as a file.
func takesJSON(op *huma.Operation) bool {
	return op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil
}

// listsInAddress says whether a question within its bounds may be longer than a head.
func listsInAddress(op *huma.Operation) bool {
	return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Schema.Type == huma.TypeArray })
}

// declareFailures says of each operation which failures it may answer with, and of none that it
// may answer with anything.
func declareFailures(doc *huma.OpenAPI) {
	doc.Components.Responses = map[string]*huma.Response{}
	for _, f := range failures {
		doc.Components.Responses[f.name()] = f.answer(doc.Components.Schemas)
	}
	for _, at := range doc.Paths {
		for _, op := range []*huma.Operation{at.Get, at.Post} {
			if op != nil {
				declare(op)
			}
		}
	}
}

func declare(op *huma.Operation) {
	delete(op.Responses, "default") // the library's
	for _, f := range failures {
		if f.gives(op) {
			op.Responses[strconv.Itoa(f.status)] = &huma.Response{Ref: "#/components/responses/" + f.name()}
		}
	}
}

// name is the status in words, as one.
func (f failure) name() string { return strings.ReplaceAll(http.StatusText(f.status), " ", "") }

// answer is a problem, but where the server answers before it knows what is asked.
func (f failure) answer(reg huma.Registry) *huma.Response {
	kind, schema := "application/problem+json", reg.Schema(reflect.TypeFor[web.Problem](), true, "Problem")
	if f.status == http.StatusRequestHeaderFieldsTooLarge {
		kind, schema = "text/plain", &huma.Schema{Type: huma.TypeString}
	}
	return &huma.Response{Description: f.means, Content: map[string]*huma.MediaType{kind: {Schema: schema}}}
}
