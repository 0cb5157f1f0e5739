// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/web"
)

// exampleOperations let a program put example data in and take it away, as the page does.
func (a *App) exampleOperations(api *web.API) {
	const tag, path = "app.api-example", "/example"
	web.Operate(api, web.Op{Method: "GET", Path: path, Action: "app.ExampleState", ID: "get-example", Tag: tag, Text: "app.api-get-example"}, a.apiExample)
	web.Operate(api, web.Op{
		Method: "POST", Path: path, Action: "app.StartExample", ID: "start-example", Tag: tag, Text: "app.api-start-example", Status: http.StatusCreated,
	}, func(c *web.Context, _ *struct{}) (*apiExampleOut, error) {
		err := a.StartExample(c.Context(), c.Actor)
		if errors.Is(err, ErrNotEmpty) {
			return nil, &web.Error{Status: http.StatusConflict, Key: "app.example-full", Err: err}
		}
		if err != nil {
			return nil, err
		}
		return a.apiExample(c, nil)
	})
	web.Operate(api, web.Op{
		Method: "DELETE", Path: path, Action: "app.RemoveExample", ID: "remove-example", Tag: tag, Text: "app.api-remove-example", Status: http.StatusNoContent,
	}, func(c *web.Context, _ *struct{}) (*struct{}, error) {
		return nil, a.RemoveExample(c.Context(), c.Actor)
	})
}

type apiExampleOut struct {
	Body struct {
		Begun   bool `json:"begun" doc:"There is example data"`
		Systems int  `json:"systems" doc:"How many of the systems are examples"`
		Own     int  `json:"own" doc:"How many of them are the organisation's own"`
		Empty   bool `json:"empty" doc:"Nothing is registered, so that examples can be put in"`
	}
}

func (a *App) apiExample(c *web.Context, _ *struct{}) (*apiExampleOut, error) {
	s, err := a.ExampleState(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiExampleOut{}
	out.Body.Begun, out.Body.Systems, out.Body.Own, out.Body.Empty = s.Begun, s.Systems, s.Own, s.Empty
	return out, nil
}
