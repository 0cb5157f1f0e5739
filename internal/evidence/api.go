// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is evidence for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "evidence.api"
	const of = "/systems/{system}/evidence"
	web.Operate(a, web.Op{Method: "GET", Path: of, Action: "evidence.List", ID: "list-evidence", Tag: tag, Text: "evidence.api-list-evidence"}, p.list)
	record := web.Op{Method: "POST", Path: of, Action: "evidence.Record", ID: "record-evidence", Tag: tag, Text: "evidence.api-record-evidence", Status: http.StatusCreated}
	record.Max = MaxFile/3*4 + 1<<20 // the document is written in base64
	web.Operate(a, record, p.record)
	web.Operate(a, web.Op{Method: "POST", Path: "/evidence/{evidence}/withdrawal", Action: "evidence.Withdraw", ID: "withdraw-evidence", Tag: tag, Text: "evidence.api-withdraw-evidence", Status: http.StatusNoContent}, p.withdraw)
	web.Operate(a, web.Op{Method: "POST", Path: "/evidence/{evidence}/dispute", Action: "evidence.Dispute", ID: "dispute-evidence", Tag: tag, Text: "evidence.api-dispute-evidence", Status: http.StatusNoContent}, p.dispute)
	web.Operate(a, web.Op{Method: "POST", Path: "/evidence/{evidence}/dispute-ruling", Action: "evidence.Settle", ID: "settle-evidence", Tag: tag, Text: "evidence.api-settle-evidence", Status: http.StatusNoContent}, p.settle)
	web.Operate(a, web.Op{Method: "POST", Path: "/evidence-changes/{change}/note", Action: "evidence.Note", ID: "note-evidence-change", Tag: tag, Text: "evidence.api-note-evidence-change", Status: http.StatusNoContent}, p.note)
	compare := web.Op{Method: "POST", Path: "/systems/{system}/account-comparison", Action: "evidence.CompareAccess", ID: "compare-accounts", Tag: tag, Text: "evidence.api-compare-accounts"}
	compare.Max = MaxAccessList/3*4 + 1<<20
	web.Operate(a, compare, p.compare)
}

type apiRecord struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind" doc:"Of the catalogue's kinds of evidence"`
	Source     string     `json:"source" enum:"measured,attested,self-assessed" doc:"How it is known"`
	Subject    string     `json:"subject" doc:"What it is about"`
	Outcome    string     `json:"outcome" enum:"for,against,unclear"`
	Scope      string     `json:"scope,omitempty" doc:"Where it was seen from"`
	Path       string     `json:"path,omitempty" doc:"The id of the way in that it is about"`
	ObservedAt time.Time  `json:"observed_at"`
	ExpiresOn  civil.Date `json:"expires_on,omitzero" format:"date" doc:"The first day on which it no longer counts"`
	Hash       string     `json:"hash,omitempty" doc:"SHA-256 of what was observed"`
	Verdict    string     `json:"verdict,omitempty" doc:"Of sign-in"`
	Quality    string     `json:"quality,omitempty" doc:"Of encryption: good, sufficient, phase_out, insufficient or unknown"`
	Title      string     `json:"title,omitempty"`
	Covers     string     `json:"covers,omitempty"`
	Reasons    []string   `json:"reasons,omitempty" nullable:"false" doc:"In the language of the caller"`
	About      []string   `json:"about,omitempty" nullable:"false" doc:"The requirements that it is about, where its subject does not say"`
	Withdrawn  bool       `json:"withdrawn"`
	// Dispute is what somebody has said against it.
	Dispute *apiDispute `json:"dispute,omitempty" doc:"Somebody says that it is wrong. Until that is settled it counts neither for nor against"`
}

type apiDispute struct {
	By      string     `json:"by" doc:"The id of whoever says so"`
	At      time.Time  `json:"at"`
	Reason  string     `json:"reason"`
	Settled *time.Time `json:"settled_at,omitempty" doc:"When somebody ruled on it"`
	Ruling  string     `json:"ruling,omitempty" enum:"stands,wrong"`
	Why     string     `json:"ruling_reason,omitempty"`
}

func apiDisputeOf(d *Dispute) *apiDispute {
	if d == nil {
		return nil
	}
	out := &apiDispute{By: d.By, At: d.At.UTC(), Reason: d.Reason, Ruling: string(d.Ruling), Why: d.RulingWhy}
	if !d.Settled.IsZero() {
		at := d.Settled.UTC()
		out.Settled = &at
	}
	return out
}

type apiChange struct {
	ID        string    `json:"id"`
	Subject   string    `json:"subject"`
	Direction string    `json:"direction" doc:"better or worse"`
	Was       string    `json:"was"`
	Became    string    `json:"became"`
	SeenAt    time.Time `json:"seen_at"`
	Noted     bool      `json:"noted" doc:"Somebody has taken note of it"`
}

type apiListOut struct {
	Body struct {
		Items   []apiRecord `json:"items" nullable:"false"`
		Changes []apiChange `json:"changes" nullable:"false" doc:"What measurements have changed"`
		web.APIPage
	}
}

// apiPageSize is how many records a page has.
const apiPageSize = 100

func (p *API) list(c *web.Context, in *struct {
	system.APIRef
	Subject string `query:"subject" maxLength:"100"`
	Source  string `query:"source" enum:"measured,attested,self-assessed"`
	web.APIPaging
},
) (*apiListOut, error) {
	one, err := p.Service.List(c.Context(), c.Actor, in.System)
	if err != nil {
		return nil, err
	}
	kept := slices.DeleteFunc(one.Records, func(r Record) bool {
		return in.Subject != "" && r.Subject != in.Subject || in.Source != "" && string(r.Source) != in.Source
	})
	out := &apiListOut{}
	b := &out.Body
	b.Items, b.Changes, b.APIPage = []apiRecord{}, []apiChange{}, web.PageOf(in.Page, apiPageSize, len(kept))
	from, to := b.Span()
	for i := range kept[from:to] {
		b.Items = append(b.Items, apiOf(&kept[from+i], c.L))
	}
	for i := range one.Shifts {
		x := &one.Shifts[i]
		b.Changes = append(b.Changes, apiChange{x.ID.String(), x.Subject, string(x.Direction), x.Was, x.Became, x.Seen.UTC(), !x.Noted.IsZero()})
	}
	return out, nil
}

func apiOf(r *Record, l *locale.Localizer) apiRecord {
	return apiRecord{
		ID: r.ID.String(), Kind: r.Kind, Source: string(r.Source), Subject: r.Subject, Outcome: string(r.Outcome), Scope: r.Scope, Path: r.Path.String(),
		ObservedAt: r.Observed.UTC(), ExpiresOn: r.Expires, Hash: r.Hash, Verdict: string(r.Verdict), Title: r.Detail.Title, Covers: r.Detail.Covers,
		Reasons: r.Detail.Why(l), Quality: string(r.Quality), About: r.About, Withdrawn: !r.Withdrawn.IsZero(), Dispute: apiDisputeOf(r.Dispute),
	}
}

type apiRecordIn struct {
	system.APIRef
	Body struct {
		Subject     string     `json:"subject" maxLength:"100"`
		Requirement string     `json:"requirement,omitempty" maxLength:"200" doc:"What it is about, where the subject is other"`
		Kind        string     `json:"kind" maxLength:"100"`
		Source      string     `json:"source" enum:"measured,attested,self-assessed"`
		Outcome     string     `json:"outcome" enum:"for,against,unclear"`
		Path        string     `json:"path,omitempty" maxLength:"100" doc:"The id of the way in"`
		ObservedOn  civil.Date `json:"observed_on" format:"date"`
		ExpiresOn   civil.Date `json:"expires_on,omitzero" format:"date" doc:"Only earlier than the kind's own"`
		Level       int        `json:"level,omitempty" minimum:"0" maximum:"4" doc:"Of assurance, of sign-in"`
		Title       string     `json:"title,omitempty" maxLength:"200"`
		Signer      string     `json:"signer,omitempty" maxLength:"200"`
		Covers      string     `json:"covers,omitempty" maxLength:"4000"`
		Sample      int        `json:"sample,omitempty" minimum:"0" maximum:"1000000"`
		Deviations  int        `json:"deviations,omitempty" minimum:"0" maximum:"1000000"`
		Months      int        `json:"months,omitempty" minimum:"0" maximum:"1000000"`
		File        *struct {
			Name    string `json:"name" minLength:"1" maxLength:"120"`
			Content []byte `json:"content"`
		} `json:"file,omitempty"`
	}
}

type apiRecordOut struct{ Body apiRecord }

func (p *API) record(c *web.Context, in *apiRecordIn) (*apiRecordOut, error) {
	sys, err := p.Service.Draft(c.Context(), c.Actor, in.System)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	if !slices.Contains(forms[b.Subject], b.Kind) || b.Subject == SubjectOther && b.Requirement == "" {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.api-subject", Err: ErrSubject}
	}
	n := New{
		System: sys.ID, Path: ids.ID[system.LoginPath](b.Path), Kind: b.Kind, Source: Source(b.Source), Subject: b.Subject, Outcome: Outcome(b.Outcome),
		Observed: b.ObservedOn.Time(), Expires: b.ExpiresOn, LoA: b.Level,
		Detail: Detail{Title: b.Title, Signer: b.Signer, Covers: b.Covers, Sample: b.Sample, Deviations: b.Deviations, Months: b.Months},
	}
	if b.Requirement != "" {
		n.About = []string{b.Requirement}
	}
	if b.File != nil {
		if !slices.Contains(endings, strings.ToLower(path.Ext(b.File.Name))) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-ending"}
		}
		n.File = &File{Name: path.Base(b.File.Name), Media: "application/octet-stream", Content: b.File.Content}
	}
	sayLogin(&n)
	r, err := p.Service.Record(c.Context(), c.Actor, n)
	if faults := faultOf(err); len(faults) > 0 {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: faults[0].Key, Err: err}
	}
	if err != nil {
		return nil, err
	}
	return &apiRecordOut{apiOf(&r, c.L)}, nil
}

func (p *API) withdraw(c *web.Context, in *struct {
	Evidence string `path:"evidence" maxLength:"100" doc:"The record's id"`
	Body     struct {
		Reason string `json:"reason" maxLength:"1000"`
	}
},
) (*struct{}, error) {
	err := p.Service.Withdraw(c.Context(), c.Actor, ids.ID[Record](in.Evidence), in.Body.Reason)
	switch {
	case errors.Is(err, ErrReasons):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-reason", Err: err}
	case errors.Is(err, db.ErrConflict):
		return nil, &web.Error{Status: http.StatusConflict, Key: "evidence.withdrawn-before", Err: err}
	}
	return nil, err
}

func (p *API) dispute(c *web.Context, in *struct {
	Evidence string `path:"evidence" maxLength:"100" doc:"The record's id"`
	Body     struct {
		Reason string `json:"reason" maxLength:"1000"`
	}
},
) (*struct{}, error) {
	err := p.Service.Dispute(c.Context(), c.Actor, ids.ID[Record](in.Evidence), in.Body.Reason)
	switch {
	case errors.Is(err, ErrReasons), errors.Is(err, ErrLong):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-dispute", Err: err}
	case errors.Is(err, ErrMeasured):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-dispute-measured", Err: err}
	case errors.Is(err, db.ErrConflict):
		return nil, &web.Error{Status: http.StatusConflict, Key: "evidence.disputed-before", Err: err}
	}
	return nil, err
}

func (p *API) settle(c *web.Context, in *struct {
	Evidence string `path:"evidence" maxLength:"100" doc:"The record's id"`
	Body     struct {
		Ruling string `json:"ruling" enum:"stands,wrong" doc:"Whether the measurement stands, and counts again, or was wrong, and is withdrawn"`
		Reason string `json:"reason" maxLength:"1000"`
	}
},
) (*struct{}, error) {
	err := p.Service.Settle(c.Context(), c.Actor, ids.ID[Record](in.Evidence), Ruling(in.Body.Ruling), in.Body.Reason)
	switch {
	case errors.Is(err, ErrRuling), errors.Is(err, ErrReasons), errors.Is(err, ErrLong):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-settle", Err: err}
	case errors.Is(err, db.ErrConflict):
		return nil, &web.Error{Status: http.StatusConflict, Key: "evidence.settled-before", Err: err}
	}
	return nil, err
}

func (p *API) note(c *web.Context, in *struct {
	Change string `path:"change" maxLength:"100" doc:"The change's id"`
},
) (*struct{}, error) {
	err := p.Service.Note(c.Context(), c.Actor, ids.ID[Shift](in.Change))
	if errors.Is(err, db.ErrConflict) {
		return nil, nil // somebody has taken note of it already, which is what was asked for
	}
	return nil, err
}

type apiDeviation struct {
	Row  int    `json:"row" doc:"In the list that was sent"`
	What string `json:"what" doc:"How the account deviates"`
}

type apiCompareOut struct {
	Body struct {
		Accounts   int            `json:"accounts"`
		Deviating  int            `json:"deviating"`
		Uncompared int            `json:"uncompared" doc:"Accounts that nothing is known to hold against"`
		Unread     []string       `json:"unread" nullable:"false" doc:"The headings of the columns that are not known, and so were not compared"`
		Found      []apiDeviation `json:"found" nullable:"false"`
	}
}

// compare tells rows and never names: who sent the list has them, and an answer may be kept for a repeat.
func (p *API) compare(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		List []byte `json:"list" doc:"The list of accounts, as CSV or the answer of SCIM to GET /Users, in base64"`
	}
},
) (*apiCompareOut, error) {
	got, err := p.Service.CompareAccess(c.Context(), c.Actor, in.System, in.Body.List)
	switch {
	case errors.Is(err, ErrAccessList):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-list", Err: err}
	case errors.Is(err, ErrAccessListSize):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "evidence.error-list-size", Err: err}
	case err != nil:
		return nil, err
	}
	out := &apiCompareOut{}
	b := &out.Body
	b.Accounts, b.Deviating, b.Uncompared, b.Found = got.Accounts, got.Deviating(), got.Uncompared, []apiDeviation{}
	b.Unread = append([]string{}, got.Unread...)
	for i := range got.Found {
		b.Found = append(b.Found, apiDeviation{got.Found[i].Row, string(got.Found[i].What)})
	}
	return out, nil
}
