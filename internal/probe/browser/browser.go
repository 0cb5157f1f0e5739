// SPDX-License-Identifier: EUPL-1.2

// Package browser shows a page to a real browser, for pages that are empty until their scripts have run (Swedish: webbläsarläge). The
// browser is a process of its own that has no network: each of its requests is handed to the caller, who fetches what is approved and
// refuses the rest. So the manners and the guard of the probe hold for scripts too.
package browser

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// ErrBrowser says that the browser could not show a page.
var ErrBrowser = errors.New("show the page in a browser")

// Request is what the browser wants to fetch.
type Request struct {
	URL    string
	Method string
	// Body is what would be sent.
	Body string
	// Page says that it is to be shown, and not only used by a page.
	Page bool
}

// Response is what the caller fetched.
type Response struct {
	Status int
	Header [][2]string
	Body   []byte
}

// Options say how a page is shown.
type Options struct {
	// Program is the browser.
	Program string
	// Unconfined lets the browser run without its own sandbox, which only a test against its own pages may ask for.
	Unconfined bool
	// Fetch answers a request, or nil for one that must not be made. It is called for one request at a time.
	Fetch func(ctx context.Context, r Request) *Response
}

// Shown is what came of a page.
type Shown struct {
	// HTML is the page after its scripts have run, and URL where it was by then.
	HTML string
	URL  string
	// Blocked are the pages that it tried to go to and that were not fetched.
	Blocked []Request
}

// Limits of one page.
const (
	showTimeout  = 20 * time.Second
	startTimeout = time.Minute             // a busy machine takes its time to start a browser
	quiet        = 1500 * time.Millisecond // without any request: then the page is taken to be ready
	maxHTML      = 2 << 20
	maxRequests  = 80
	maxMessage   = 32 << 20
)

// arguments keep the browser from doing anything but what it is told. What goes past the interception meets a proxy that is not there.
var arguments = []string{
	"--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-extensions", "--disable-sync",
	"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-domain-reliability", "--disable-client-side-phishing-detection",
	"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
	"--metrics-recording-only", "--mute-audio", "--password-store=basic", "--proxy-server=socks5://127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
	"--host-resolver-rules=MAP * ~NOTFOUND", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-dev-shm-usage", "--incognito",
}

// Show opens an address and waits until the page is quiet, or has tried to go where it may not.
func Show(ctx context.Context, o Options, address string) (*Shown, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout+showTimeout)
	defer cancel()
	profile, err := os.MkdirTemp("", "insegel-browser-")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBrowser, err)
	}
	defer func() { _ = os.RemoveAll(profile) }() // what is left is the system's to clean
	p, err := start(ctx, o, profile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBrowser, err)
	}
	defer p.stop()
	s := &show{pipe: p, options: o, shown: &Shown{}}
	if err := s.run(ctx, address); err != nil {
		return s.shown, fmt.Errorf("%w: %w", ErrBrowser, err)
	}
	return s.shown, nil
}

// pipe is a browser that is spoken to over two pipes, so that nobody else can speak to it.
type pipe struct {
	cmd  *exec.Cmd
	to   *os.File
	from *os.File
	in   chan message
	next int
}

type message struct {
	ID        int             `json:"id,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

func start(ctx context.Context, o Options, profile string) (*pipe, error) {
	theirIn, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), to.Close())
	}
	args := append(slices.Clone(arguments), "--user-data-dir="+profile)
	if o.Unconfined {
		args = append(args, "--no-sandbox")
	}
	p := &pipe{to: to, from: from, in: make(chan message, 64)}
	p.cmd = exec.CommandContext(ctx, o.Program, append(args, "about:blank")...) //nolint:gosec // the program that the operator named
	p.cmd.Env = []string{"HOME=" + profile, "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	p.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	confine(p.cmd, o.Unconfined)
	err = p.cmd.Start()
	if err = errors.Join(err, theirIn.Close(), theirOut.Close()); err != nil {
		return nil, errors.Join(err, to.Close(), from.Close())
	}
	go p.read()
	return p, nil
}

// read takes in what the browser says, until it ends.
func (p *pipe) read() {
	defer close(p.in)
	s := bufio.NewScanner(p.from)
	s.Buffer(make([]byte, 64<<10), maxMessage)
	s.Split(func(b []byte, atEnd bool) (int, []byte, error) {
		for i, c := range b {
			if c == 0 {
				return i + 1, b[:i], nil
			}
		}
		return 0, nil, nil
	})
	for s.Scan() {
		var m message
		if json.Unmarshal(s.Bytes(), &m) == nil {
			p.in <- m
		}
	}
}

func (p *pipe) send(session, method string, params any) (int, error) {
	b, err := json.Marshal(params)
	if err != nil {
		return 0, err
	}
	p.next++
	m, err := json.Marshal(message{ID: p.next, Method: method, Params: b, SessionID: session})
	if err != nil {
		return 0, err
	}
	_, err = p.to.Write(append(m, 0))
	return p.next, err
}

// stop ends the browser and everything that it started.
func (p *pipe) stop() {
	kill(p.cmd)
	_ = p.to.Close()
	_ = p.cmd.Wait() // it was killed
	_ = p.from.Close()
	for range p.in { //nolint:revive // until the reader has ended
	}
}

type object map[string]any

// show is the work of showing one page.
type show struct {
	pipe     *pipe
	options  Options
	shown    *Shown
	session  string
	requests int
}

func (s *show) run(ctx context.Context, address string) error {
	var target struct {
		TargetID string `json:"targetId"`
	}
	if err := s.call(ctx, "", "Target.createTarget", object{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := s.call(ctx, "", "Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	s.session = attached.SessionID
	for _, c := range []struct {
		session, method string
		params          object
	}{
		{"", "Browser.setDownloadBehavior", object{"behavior": "deny"}},
		{s.session, "Page.enable", object{}},
		{s.session, "Fetch.enable", object{"patterns": []object{{"urlPattern": "*"}}}},
	} {
		if err := s.call(ctx, c.session, c.method, c.params, nil); err != nil {
			return err
		}
	}
	if _, err := s.pipe.send(s.session, "Page.navigate", object{"url": address}); err != nil {
		return err
	}
	watching, cancel := context.WithTimeout(ctx, showTimeout)
	defer cancel()
	// A page that never rests is read as it is by then.
	if err := s.watch(watching); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.take(ctx)
}

// call sends a command and waits for its result. What happens meanwhile is handled.
func (s *show) call(ctx context.Context, session, method string, params object, result any) error {
	id, err := s.pipe.send(session, method, params)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-s.pipe.in:
			switch {
			case !ok:
				return errors.New("the browser ended")
			case m.ID == id && m.Error != nil:
				return fmt.Errorf("%s: %s", method, m.Error.Message)
			case m.ID == id && result == nil:
				return nil
			case m.ID == id:
				return json.Unmarshal(m.Result, result)
			}
			if err := s.event(ctx, m); err != nil {
				return err
			}
		}
	}
}

// watch handles what happens until the page is quiet, or has shown where it goes.
func (s *show) watch(ctx context.Context) error {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for len(s.shown.Blocked) == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			if s.requests > 0 {
				return nil
			}
			timer.Reset(quiet)
		case m, ok := <-s.pipe.in:
			if !ok {
				return errors.New("the browser ended")
			}
			if err := s.event(ctx, m); err != nil {
				return err
			}
			timer.Reset(quiet)
		}
	}
	return nil
}

// event answers a request of the browser's, and turns down what it asks somebody about.
func (s *show) event(ctx context.Context, m message) error {
	switch m.Method {
	case "Page.javascriptDialogOpening":
		_, err := s.pipe.send(s.session, "Page.handleJavaScriptDialog", object{"accept": false})
		return err
	case "Fetch.requestPaused":
	default:
		return nil
	}
	var paused struct {
		RequestID    string `json:"requestId"`
		ResourceType string `json:"resourceType"`
		Request      struct {
			URL      string `json:"url"`
			Method   string `json:"method"`
			PostData string `json:"postData"`
		} `json:"request"`
	}
	if err := json.Unmarshal(m.Params, &paused); err != nil {
		return err
	}
	s.requests++
	r := Request{URL: paused.Request.URL, Method: paused.Request.Method, Body: paused.Request.PostData, Page: paused.ResourceType == "Document"}
	var answer *Response
	if s.requests <= maxRequests && !slices.Contains([]string{"Image", "Media", "Font", "Prefetch", "Ping"}, paused.ResourceType) {
		answer = s.options.Fetch(ctx, r)
	}
	if answer == nil {
		if r.Page {
			s.shown.Blocked = append(s.shown.Blocked, r)
		}
		_, err := s.pipe.send(m.SessionID, "Fetch.failRequest", object{"requestId": paused.RequestID, "errorReason": "BlockedByClient"})
		return err
	}
	headers := []object{}
	for _, h := range answer.Header {
		headers = append(headers, object{"name": h[0], "value": h[1]})
	}
	_, err := s.pipe.send(m.SessionID, "Fetch.fulfillRequest", object{
		"requestId": paused.RequestID, "responseCode": answer.Status, "responseHeaders": headers, "body": base64.StdEncoding.EncodeToString(answer.Body),
	})
	return err
}

// take reads the page as it has become.
func (s *show) take(ctx context.Context) error {
	for expression, into := range map[string]*string{
		fmt.Sprintf("document.documentElement.outerHTML.slice(0, %d)", maxHTML): &s.shown.HTML,
		"location.href.slice(0, 8192)":                                          &s.shown.URL,
	} {
		var r struct {
			Result struct {
				Value string `json:"value"`
			} `json:"result"`
		}
		if err := s.call(ctx, s.session, "Runtime.evaluate", object{"expression": expression, "returnByValue": true}, &r); err != nil {
			return err
		}
		*into = r.Result.Value
	}
	return nil
}
