// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// API is the receivers of events for programs of the administrator's.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag, one = "webhook.api", "/webhooks/{webhook}"
	op := func(method, path, action, id string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag}
	}
	says := func(o web.Op, text string) web.Op { o.Text = text; return o }
	with := func(o web.Op, status int) web.Op { o.Status = status; return o }
	web.Operate(a, says(op("GET", "/webhooks", "webhook.List", "list-webhooks"), "webhook.api-list"), p.list)
	web.Operate(a, with(says(op("POST", "/webhooks", "webhook.Add", "add-webhook"), "webhook.api-add"), http.StatusCreated), p.add)
	web.Operate(a, says(op("GET", one, "webhook.Open", "get-webhook"), "webhook.api-open"), p.open)
	web.Operate(a, says(op("PUT", one, "webhook.Change", "replace-webhook"), "webhook.api-change"), p.change)
	web.Operate(a, with(says(op("DELETE", one, "webhook.Remove", "remove-webhook"), "webhook.api-remove"), http.StatusNoContent), p.remove)
	web.Operate(a, says(op("POST", one+"/secret", "webhook.Rotate", "rotate-webhook-secret"), "webhook.api-rotate"), p.rotate)
	web.Operate(a, with(says(op("POST", one+"/test", "webhook.Try", "test-webhook"), "webhook.api-try"), http.StatusAccepted), p.try)
	web.Operate(a, says(op("GET", one+"/deliveries", "webhook.Deliveries", "list-webhook-deliveries"), "webhook.api-deliveries"), p.deliveries)
	web.Operate(a, with(says(op("POST", one+"/deliveries/{delivery}", "webhook.Redeliver", "redeliver-webhook"), "webhook.api-redeliver"), http.StatusAccepted), p.redeliver)
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

// APIRef names a receiver in an address.
type APIRef struct {
	Webhook string `path:"webhook" maxLength:"100" doc:"The receiver's id"`
}

func (r *APIRef) id() ids.ID[Target] { return ids.ID[Target](r.Webhook) }

// APIFields are what is said of a receiver.
type APIFields struct {
	Name    string   `json:"name" minLength:"1" maxLength:"100"`
	Address string   `json:"address" maxLength:"500" doc:"https, without secrets"`
	Events  []string `json:"events" nullable:"false" minItems:"1" maxItems:"50" doc:"The kinds of events, such as system.changed"`
}

// APIWebhook is a receiver of events.
type APIWebhook struct {
	ID string `json:"id"`
	APIFields
	State    string `json:"state" doc:"on, off or gone"`
	OldUntil string `json:"old_secret_until,omitempty" format:"date-time" doc:"Until when the secret before is signed with too"`
	ETag     string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

func apiOf(t *Target) APIWebhook {
	out := APIWebhook{ID: t.ID.String(), APIFields: APIFields{t.Name, t.Address, t.Events}, State: string(t.State), ETag: web.ETag(t.Version)}
	if !t.OldUntil.IsZero() {
		out.OldUntil = t.OldUntil.UTC().Format(apiTime)
	}
	return out
}

type apiListOut struct {
	Body struct {
		Items []APIWebhook `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []APIWebhook{}
	for i := range all {
		out.Body.Items = append(out.Body.Items, apiOf(&all[i]))
	}
	return out, nil
}

type apiOut struct {
	ETag string `header:"ETag"`
	Body APIWebhook
}

func (p *API) open(c *web.Context, in *APIRef) (*apiOut, error) {
	t, err := p.Service.Open(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, err
	}
	return &apiOut{web.ETag(t.Version), apiOf(&t)}, nil
}

type apiSecretOut struct {
	ETag string `header:"ETag"`
	Body struct {
		APIWebhook
		Secret string `json:"secret" doc:"Shown only here"`
	}
}

func (p *API) withSecret(c *web.Context, id ids.ID[Target], secret string) (*apiSecretOut, error) {
	now, err := p.open(c, &APIRef{id.String()})
	if err != nil {
		return nil, err
	}
	out := &apiSecretOut{ETag: now.ETag}
	out.Body.APIWebhook, out.Body.Secret = now.Body, secret
	return out, nil
}

func (p *API) add(c *web.Context, in *struct{ Body APIFields }) (*apiSecretOut, error) {
	t, secret, err := p.Service.Add(c.Context(), c.Actor, Target{Name: in.Body.Name, Address: in.Body.Address, Events: in.Body.Events})
	if err != nil {
		return nil, sorry(err)
	}
	return p.withSecret(c, t.ID, secret)
}

func (p *API) change(c *web.Context, in *struct {
	APIRef
	IfMatch string `header:"If-Match" doc:"The receiver's etag"`
	Body    struct {
		APIFields
		State string `json:"state" enum:"on,off"`
	}
},
) (*apiOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	err = p.Service.Change(c.Context(), c.Actor, Target{
		ID: in.id(), Name: in.Body.Name, Address: in.Body.Address, Events: in.Body.Events, State: State(in.Body.State), Version: version,
	})
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, sorry(err)
	}
	now, failed := p.open(c, &in.APIRef)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, nil
}

func (p *API) rotate(c *web.Context, in *APIRef) (*apiSecretOut, error) {
	secret, err := p.Service.Rotate(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, sorry(err)
	}
	return p.withSecret(c, in.id(), secret)
}

func (p *API) remove(c *web.Context, in *struct {
	APIRef
	web.APIMatch
},
) (*struct{}, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.open(c, &in.APIRef)
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	return nil, p.Service.Remove(c.Context(), c.Actor, in.id())
}

func (p *API) try(c *web.Context, in *APIRef) (*struct{}, error) {
	if err := p.Service.Try(c.Context(), c.Actor, in.id()); err != nil {
		return nil, sorry(err)
	}
	return nil, nil
}

type apiDelivery struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Number   int64  `json:"number" doc:"The event's in the log"`
	Object   string `json:"object" doc:"The kind of object"`
	ObjectID string `json:"object_id"`
	At       string `json:"at" format:"date-time"`
	State    string `json:"state" doc:"waits, delivered or failed"`
	Attempts int    `json:"attempts"`
	Status   int    `json:"status,omitempty" doc:"Of the latest answer"`
	Fault    string `json:"fault,omitempty"`
}

type apiDeliveriesOut struct {
	Body struct {
		Items []apiDelivery `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) deliveries(c *web.Context, in *struct {
	APIRef
	web.APIPaging
},
) (*apiDeliveriesOut, error) {
	list, total, err := p.Service.Deliveries(c.Context(), c.Actor, in.id(), Paged{in.Page, pageSize})
	if err != nil {
		return nil, err
	}
	out := &apiDeliveriesOut{}
	out.Body.Items, out.Body.APIPage = []apiDelivery{}, web.PageOf(in.Page, pageSize, total)
	for i := range list {
		d := &list[i]
		out.Body.Items = append(out.Body.Items, apiDelivery{
			d.ID.String(), d.Kind, d.Seq, d.ObjectKind, d.ObjectID, d.Happened.UTC().Format(apiTime), string(d.State), d.Attempts, d.Status, d.Fault,
		})
	}
	return out, nil
}

func (p *API) redeliver(c *web.Context, in *struct {
	APIRef
	Delivery string `path:"delivery" maxLength:"100"`
},
) (*struct{}, error) {
	if err := p.Service.Redeliver(c.Context(), c.Actor, in.id(), ids.ID[Delivery](in.Delivery)); err != nil {
		return nil, sorry(err)
	}
	return nil, nil
}
