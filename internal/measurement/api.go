// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
)

// AgentPath is where agents call.
const AgentPath = "/agent/v1"

// maxCall is the most that an agent's call may be: a record, and what is around it.
const maxCall = 2 << 20

// API is what agents call. They show a key for programs, and sign what they hand in with their own.
type API struct {
	Service *Service
	// Actor tells who a request with an Authorization header acts as, and Refused is its error for one that opens nothing.
	Actor   func(ctx context.Context, header, from string) (access.Actor, error)
	Refused error
}

// Routes registers what agents call.
func (a *API) Routes(s *web.Site) {
	s.Machine("POST "+AgentPath+"/tasks", a.answer(func(ctx context.Context, actor access.Actor, body []byte) (any, error) {
		var in call
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errCall
		}
		return a.Service.Tasks(ctx, actor, in.Agent)
	}))
	s.Machine("POST "+AgentPath+"/begin", a.answer(func(ctx context.Context, actor access.Actor, body []byte) (any, error) {
		var in call
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errCall
		}
		return struct{}{}, a.Service.Begin(ctx, actor, in.Agent, in.Host)
	}))
	s.Machine("POST "+AgentPath+"/results", a.answer(func(ctx context.Context, actor access.Actor, body []byte) (any, error) {
		var in Delivery
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errCall
		}
		return struct{}{}, a.Service.Deliver(ctx, actor, in)
	}))
}

// call is what an agent asks with.
type call struct {
	Agent ids.ID[Agent] `json:"agent"`
	Host  string        `json:"host,omitempty"`
}

var errCall = errors.New("the call is malformed")

// answer makes a handler of a use case. What goes wrong is told by a status and a few words, and never as a page.
func (a *API) answer(do func(ctx context.Context, actor access.Actor, body []byte) (any, error)) web.Handler {
	return func(c *web.Context) error {
		actor, err := a.Actor(c.Context(), c.Request.Header.Get("Authorization"), web.ClientAddress(c.Request))
		if errors.Is(err, a.Refused) {
			c.Writer.Header().Set("WWW-Authenticate", `Bearer realm="agent"`)
			return c.Text(http.StatusUnauthorized, "the key is missing or not accepted")
		}
		if err != nil {
			return err
		}
		body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxCall))
		if err != nil {
			return c.Text(http.StatusRequestEntityTooLarge, "the call is too long")
		}
		out, err := do(c.Context(), actor, body)
		if err != nil {
			for _, x := range []struct {
				err    error
				status int
			}{
				{access.ErrDenied, http.StatusForbidden},
				{ErrRefused, http.StatusForbidden},
				{ErrStopped, http.StatusConflict},
				{ErrManners, http.StatusConflict},
				{ErrNotApproved, http.StatusConflict},
				{errCall, http.StatusBadRequest},
			} {
				if errors.Is(err, x.err) {
					return c.Text(x.status, x.err.Error())
				}
			}
			return err
		}
		return c.JSON(out)
	}
}

// Client is the server as an agent sees it, over HTTP.
type Client struct {
	http  *http.Client
	base  string
	token string
}

// NewClient makes a client of the server at an address, which shows a key for programs. It reaches nothing else.
func NewClient(p outbound.Policy, base, token string) (*Client, error) {
	base = strings.TrimSuffix(base, "/")
	h, err := p.Client(outbound.Request{Targets: []string{base}, Max: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	return &Client{http: h, base: base + AgentPath, token: token}, nil
}

// statusError is an answer that says no.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the server answers %d: %s", e.status, e.text)
}

// final reports whether it is no use to try again.
func final(err error) bool {
	var s *statusError
	return errors.Is(err, ErrRefused) || errors.As(err, &s) && s.status >= 400 && s.status < 500 && s.status != http.StatusTooManyRequests
}

func (c *Client) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write call: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write call: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("call the server: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was read to its end, or is of no use
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 200)) // it is only told
		return &statusError{res.StatusCode, strings.TrimSpace(string(text))}
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// Tasks asks for work.
func (c *Client) Tasks(ctx context.Context, agent ids.ID[Agent]) (Work, error) {
	var w Work
	return w, c.post(ctx, "/tasks", call{Agent: agent}, &w)
}

// Begin asks whether a host may be measured now.
func (c *Client) Begin(ctx context.Context, agent ids.ID[Agent], host string) error {
	return c.post(ctx, "/begin", call{Agent: agent, Host: host}, &struct{}{})
}

// Deliver hands in what was found.
func (c *Client) Deliver(ctx context.Context, d Delivery) error {
	return c.post(ctx, "/results", d, &struct{}{})
}
