// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/web"
)

// OwnAPI is what an organisation says about its own figures, for programs. What other installations send is API.
type OwnAPI struct{ Service *Service }

// Routes registers the operations.
func (p *OwnAPI) Routes(a *web.API) {
	const tag = "national.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/national/sharing", Action: "national.Sharing", ID: "get-sharing", Tag: tag, Text: "national.api-get-sharing"}, p.sharing)
	web.Operate(a, web.Op{Method: "PUT", Path: "/national/sharing", Action: "national.SetSharing", ID: "set-sharing", Tag: tag, Text: "national.api-set-sharing"}, p.setSharing)
	web.Operate(a, web.Op{Method: "GET", Path: "/national/preview", Action: "national.Preview", ID: "preview-submission", Tag: tag, Text: "national.api-preview-submission"}, p.preview)
	web.Operate(a, web.Op{Method: "GET", Path: "/national/preview-concentration", Action: "national.PreviewConcentration", ID: "preview-concentration", Tag: tag, Text: "national.api-preview-concentration"}, p.previewConcentration)
	web.Operate(a, web.Op{Method: "POST", Path: "/national/keys", Action: "national.AskKey", ID: "ask-key", Tag: tag, Text: "national.api-ask-key", Status: http.StatusAccepted}, p.askKey)
}

type apiSharing struct {
	Municipality string `json:"municipality,omitempty" maxLength:"10" doc:"The municipality's code"`
	Size         string `json:"size,omitempty" maxLength:"20"`
	Share        bool   `json:"share" doc:"It agrees to send its figures"`
	Shown        bool   `json:"shown" doc:"They may be shown by themselves"`
	Receive      bool   `json:"receive" doc:"It receives those of others"`
	// Concentration may be left out, which is no.
	Concentration bool `json:"concentration,omitempty" doc:"It agrees to send which suppliers and kinds of systems it depends on"`
}

type apiSharingOut struct {
	ETag string `header:"ETag"`
	Body apiSharing
}

func (p *OwnAPI) sharing(c *web.Context, _ *struct{}) (*apiSharingOut, error) {
	x, err := p.Service.Sharing(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	return &apiSharingOut{web.ETag(x.Version()), apiSharing(x)}, nil
}

func (p *OwnAPI) setSharing(c *web.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    apiSharing
},
) (*apiSharingOut, error) {
	from, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	err = p.Service.SetSharing(c.Context(), c.Actor, Sharing(in.Body), from)
	if errors.Is(err, ErrSharingChanged) {
		now, err := p.Service.Sharing(c.Context(), c.Actor)
		if err != nil {
			return nil, err
		}
		return nil, &web.Stale{Current: web.ETag(now.Version())}
	}
	if errors.Is(err, ErrNoMunicipality) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "national.sharing-no-municipality", Err: err}
	}
	if err != nil {
		return nil, err
	}
	return p.sharing(c, nil)
}

type apiPreviewOut struct{ Body Submission }

// preview gives exactly what would be sent, without its signature. Nothing leaves.
func (p *OwnAPI) preview(c *web.Context, in *struct {
	Period string `query:"period" maxLength:"20" doc:"Such as 2026-Q3; the last that has ended when left out"`
},
) (*apiPreviewOut, error) {
	period, err := p.period(in.Period)
	if err != nil {
		return nil, err
	}
	x, err := p.Service.Preview(c.Context(), c.Actor, Draft{Period: period})
	if err != nil {
		return nil, notReady(err)
	}
	return &apiPreviewOut{x}, nil
}

type apiConcentrationOut struct{ Body Concentration }

// previewConcentration gives exactly what would be sent of what the organisation depends on, without its signature. Nothing leaves.
func (p *OwnAPI) previewConcentration(c *web.Context, in *struct {
	Period string `query:"period" maxLength:"20" doc:"Such as 2026-Q3; the last that has ended when left out"`
},
) (*apiConcentrationOut, error) {
	period, err := p.period(in.Period)
	if err != nil {
		return nil, err
	}
	x, err := p.Service.PreviewConcentration(c.Context(), c.Actor, Draft{Period: period})
	if err != nil {
		return nil, notReady(err)
	}
	return &apiConcentrationOut{x.Concentration}, nil
}

// period reads the period that is asked for.
func (p *OwnAPI) period(text string) (Period, error) {
	if text == "" {
		return LastCompleted(civilToday(p.Service)), nil
	}
	out, err := ParsePeriod(text)
	if err != nil {
		return out, &web.Error{Status: http.StatusUnprocessableEntity, Key: "national.api-period", Err: err}
	}
	return out, nil
}

// notReady says why there is nothing to see yet.
func notReady(err error) error {
	switch {
	case errors.Is(err, ErrNoMunicipality):
		return &web.Error{Status: http.StatusConflict, Key: "national.sharing-no-municipality", Err: err}
	case errors.Is(err, ErrNotCurrent):
		return &web.Error{Status: http.StatusConflict, Key: "national.depends-not-current", Err: err}
	case errors.Is(err, ErrNoFigures), errors.Is(err, ErrFuture):
		return &web.Error{Status: http.StatusConflict, Key: "national.preview-nothing", Err: err}
	default:
		return err
	}
}

// askKey asks for a municipality's key to be trusted. A second person decides.
func (p *OwnAPI) askKey(c *web.Context, in *struct {
	Body struct {
		Municipality string `json:"municipality" maxLength:"10"`
		Key          string `json:"key" maxLength:"400"`
		Reason       string `json:"reason" maxLength:"1000"`
	}
},
) (*struct{}, error) {
	err := p.Service.AskKey(c.Context(), c.Actor, KeyChange{Registered{in.Body.Municipality, in.Body.Key}}, in.Body.Reason)
	for _, f := range []struct {
		err error
		key string
	}{
		{approval.ErrReason, "national.keys-no-reason"},
		{ErrMunicipality, "national.keys-no-municipality"},
		{ErrSameKey, "national.keys-same"},
		{approval.ErrSame, "national.keys-same"},
		{ErrVerifier, "national.keys-no-key"},
	} {
		if errors.Is(err, f.err) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	return nil, err
}
