// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// APISourceRef names a source in an address.
type APISourceRef struct {
	Source string `path:"source" maxLength:"100" doc:"The source's id"`
}

func (r *APISourceRef) id() ids.ID[Source] { return ids.ID[Source](r.Source) }

// APISourceFields are what can be changed of a source that stands.
type APISourceFields struct {
	Name      string `json:"name" minLength:"1" maxLength:"200"`
	Owner     string `json:"owner" maxLength:"100" doc:"The id of the person who answers for it"`
	System    string `json:"system,omitempty" maxLength:"100" doc:"The id of the system that it belongs to"`
	EveryDays int64  `json:"every_days" minimum:"0" maximum:"366" doc:"How often it is searched by itself; 0 is never"`
}

// apiSource is where personal data is looked for. The password of a database is never given back.
type apiSource struct {
	ID string `json:"id"`
	APISourceFields
	Kind       string    `json:"kind"`
	Root       string    `json:"root"`
	Place      string    `json:"place"`
	Unit       string    `json:"unit,omitempty" doc:"The unit's id"`
	Kinds      []string  `json:"kinds" nullable:"false" doc:"What is looked for; empty is everything"`
	Status     string    `json:"status"`
	Search     string    `json:"search,omitempty" doc:"How its last search stands"`
	SearchedAt time.Time `json:"searched_at,omitzero"`
	ETag       string    `json:"etag" doc:"For If-Match when it is changed"`
}

func apiSourceOf(s *Source, last *Scan) apiSource {
	out := apiSource{
		ID: s.ID.String(), Kind: s.Kind, Root: s.Root, Place: s.Told, Unit: s.Unit.String(), Kinds: append([]string{}, s.Detectors...), Status: string(s.Status),
		ETag: web.ETag(s.Version), APISourceFields: APISourceFields{s.Name, s.Owner.String(), s.System.String(), s.EveryDays},
	}
	if last != nil {
		out.Search, out.SearchedAt = last.Status, last.Started.UTC()
	}
	return out
}

type apiSourcesOut struct {
	Body struct {
		Items []apiSource `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) sources(c *web.Context, in *struct {
	web.APIPaging
},
) (*apiSourcesOut, error) {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiSourcesOut{}
	out.Body.Items, out.Body.APIPage = []apiSource{}, web.PageOf(in.Page, PageSize, len(l.List))
	from, to := out.Body.Span()
	for i := range l.List[from:to] {
		s := &l.List[from+i]
		var last *Scan
		if x, ok := l.Latest[s.ID]; ok {
			last = &x
		}
		out.Body.Items = append(out.Body.Items, apiSourceOf(s, last))
	}
	return out, nil
}

type apiSourceOut struct {
	ETag string `header:"ETag"`
	Body apiSource
}

type apiAddSourceIn struct {
	Body struct {
		APISourceFields
		Kind       string   `json:"kind" maxLength:"40" doc:"files, or the kind of a database"`
		Root       string   `json:"root" maxLength:"400" doc:"The name of a directory that the operator allows, or the HOST:PORT of a server"`
		Place      string   `json:"place,omitempty" maxLength:"1000"`
		Unit       string   `json:"unit,omitempty" maxLength:"100"`
		User       string   `json:"user,omitempty" maxLength:"200"`
		SecretFile string   `json:"secret_file,omitempty" maxLength:"200" doc:"The name of a file in the operator's directory of secrets. A password is never sent to the API"`
		Rows       int64    `json:"rows,omitempty" minimum:"0"`
		Kinds      []string `json:"kinds,omitempty" nullable:"false" maxItems:"100"`
		Reason     string   `json:"reason" maxLength:"1000" doc:"Why it is to be searched, for the second person who decides"`
	}
}

// add asks for a source. Nothing is searched until a second person has said yes.
func (p *API) add(c *web.Context, in *apiAddSourceIn) (*apiSourceOut, error) {
	b := &in.Body
	src := Source{
		Name: b.Name, Kind: b.Kind, Root: b.Root, Place: b.Place, User: b.User, Unit: access.UnitID(b.Unit), Owner: ids.ID[organisation.Person](b.Owner),
		System: ids.ID[system.System](b.System), Detectors: b.Kinds, EveryDays: b.EveryDays, Rows: b.Rows,
	}
	if b.SecretFile != "" {
		src.SecretFrom, src.Secret = SecretFile, b.SecretFile
	}
	made, err := p.Service.Add(c.Context(), c.Actor, src, b.Reason)
	if err != nil {
		return nil, apiFault(err)
	}
	return &apiSourceOut{ETag: web.ETag(made.Version), Body: apiSourceOf(&made, nil)}, nil
}

// one reads a source as it is now.
func (p *API) one(c *web.Context, id ids.ID[Source]) (*apiSourceOut, error) {
	o, err := p.Service.Open(c.Context(), c.Actor, id)
	if err != nil {
		return nil, err
	}
	return &apiSourceOut{ETag: web.ETag(o.Source.Version), Body: apiSourceOf(&o.Source, nil)}, nil
}

func (p *API) change(c *web.Context, in *struct {
	APISourceRef
	IfMatch string `header:"If-Match" doc:"The source's etag"`
	Body    APISourceFields
},
) (*apiSourceOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	o, err := p.Service.Open(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, err
	}
	s := o.Source
	s.Name, s.Owner, s.System = in.Body.Name, ids.ID[organisation.Person](in.Body.Owner), ids.ID[system.System](in.Body.System)
	s.EveryDays, s.Version = in.Body.EveryDays, version
	err = p.Service.Change(c.Context(), c.Actor, s)
	if errors.Is(err, db.ErrConflict) {
		return nil, &web.Stale{Current: web.ETag(o.Source.Version)}
	}
	if err != nil {
		return nil, apiFault(err)
	}
	return p.one(c, in.id())
}

type apiSearchOut struct {
	Body struct {
		Search string `json:"search" doc:"The search's id"`
	}
}

func (p *API) start(c *web.Context, in *APISourceRef) (*apiSearchOut, error) {
	id, err := p.Service.Start(c.Context(), c.Actor, in.id())
	if err != nil {
		return nil, refused(err)
	}
	out := &apiSearchOut{}
	out.Body.Search = id.String()
	return out, nil
}

func (p *API) stop(c *web.Context, in *APISourceRef) (*struct{}, error) {
	return nil, refused(p.Service.Stop(c.Context(), c.Actor, in.id()))
}

func (p *API) pause(c *web.Context, in *struct {
	APISourceRef
	web.APIMatch
	Body struct {
		State string `json:"state" enum:"on,off" doc:"off: it is not searched until it is on again"`
	}
},
) (*struct{}, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.one(c, in.id())
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	return nil, refused(p.Service.Pause(c.Context(), c.Actor, in.id(), Switch(in.Body.State)))
}
