// SPDX-License-Identifier: EUPL-1.2

// Package browser shows a page to a real browser, for pages that are empty until their scripts have run (Swedish: webbläsarläge). The
// browser is a process of its own that has no network: each of its requests is handed to the caller, who fetches what is approved and
// refuses the rest. So the manners and the guard of the probe hold for scripts too.
package browser

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
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
	// Page says that it is to be shown in place of the page, and not only used by it or shown in a frame of it.
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
	// Most is how long a page is watched, and then how long it may take to be read; zero is 20 and 15 seconds.
	Most time.Duration
	// Memory is how many bytes all of the browser's processes may take together; zero is 1 GiB.
	Memory int64
}

// Why the browser gave no page.
var (
	// ErrNeverRests says that the page's scripts kept the browser so busy that the page could not be read.
	ErrNeverRests = errors.New("the page's scripts do not end")
	// ErrEnded says that the browser, or what shows the page in it, ended: by itself, or when the page took more memory than there is for it.
	ErrEnded = errors.New("the browser ended")
	// ErrHeavy says that the browser was ended because its processes took more memory together than a page may.
	ErrHeavy = errors.New("the page takes more memory than a page may")
)

// Shown is what came of a page.
type Shown struct {
	// HTML is the page after its scripts have run, and URL where it was by then.
	HTML string
	URL  string
	// Blocked are the pages that it tried to go to and that were not fetched. What frames in it tried to show is not among them: that is not
	// where somebody who opens the page is led.
	Blocked []Request
	// Restless says that the page had not come to rest when it was read.
	Restless bool
}

// Limits of one page.
const (
	showTimeout  = 20 * time.Second
	startTimeout = time.Minute             // a busy machine takes its time to start a browser
	quiet        = 1500 * time.Millisecond // without any request: then the page is taken to be ready
	readTimeout  = 15 * time.Second        // to read a page that has been shown
	maxReads     = 3
	maxHTML      = 2 << 20
	maxRequests  = 80
	maxMessage   = 32 << 20
	maxTogether  = 1 << 30 // bytes that the browser's processes may take together
	weighEvery   = 100 * time.Millisecond
)

// arguments keep the browser from doing anything but what it is told. What goes past the interception meets a proxy that is not there.
var arguments = []string{
	"--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-extensions", "--disable-sync",
	"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-domain-reliability", "--disable-client-side-phishing-detection",
	"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
	"--metrics-recording-only", "--mute-audio", "--password-store=basic", "--proxy-server=socks5://127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
	"--host-resolver-rules=MAP * ~NOTFOUND", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
	"--disable-dev-shm-usage", "--incognito",
	"--block-new-web-contents", "--no-pings", "--disable-breakpad", "--renderer-process-limit=1", "--js-flags=--max-old-space-size=256",
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
	err = s.run(ctx, address)
	if p.heavy.Load() { // whatever it had come to: a page that is cut off in the middle is not what somebody would see
		return &Shown{}, fmt.Errorf("%w: %w", ErrBrowser, ErrHeavy)
	}
	if err != nil {
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
	// heavy says that it was ended for the memory that it took. ending is closed when nobody needs to know any longer, weighed when nobody looks.
	heavy           atomic.Bool
	ending, weighed chan struct{}
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
	p := &pipe{to: to, from: from, in: make(chan message, 64), ending: make(chan struct{}), weighed: make(chan struct{})}
	program, args := bounded(o.Program, append(args, "about:blank"))
	p.cmd = exec.CommandContext(ctx, program, args...) //nolint:gosec // the program that the operator named
	p.cmd.Env = []string{"HOME=" + profile, "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	p.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	confine(p.cmd, o.Unconfined)
	err = p.cmd.Start()
	if err = errors.Join(err, theirIn.Close(), theirOut.Close()); err != nil {
		return nil, errors.Join(err, to.Close(), from.Close())
	}
	go p.read()
	go p.weigh(cmp.Or(o.Memory, maxTogether))
	return p, nil
}

// weigh looks at what the browser's processes take together, and ends them when it is too much: a limit for each of them says nothing of how many
// they become.
func (p *pipe) weigh(most int64) {
	defer close(p.weighed)
	t := time.NewTicker(weighEvery)
	defer t.Stop()
	for {
		select {
		case <-p.ending:
			return
		case <-t.C:
			if taken(p.cmd.Process.Pid) > most {
				p.heavy.Store(true)
				kill(p.cmd)
				return
			}
		}
	}
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
	close(p.ending)
	<-p.weighed // before its number can be another's
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
	frame    string // the page's own, as opposed to those that it shows in itself
	requests int
	loaded   bool // the page, with the scripts that it names
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
	var tree struct {
		FrameTree struct {
			Frame struct {
				ID string `json:"id"`
			} `json:"frame"`
		} `json:"frameTree"`
	}
	if err := s.call(ctx, s.session, "Page.getFrameTree", object{}, &tree); err != nil {
		return err
	}
	s.frame = tree.FrameTree.Frame.ID
	if _, err := s.pipe.send(s.session, "Page.navigate", object{"url": address}); err != nil {
		return err
	}
	return s.see(ctx)
}

// see watches the page until it rests, or for as long as a page may take, and reads it as it is by then.
func (s *show) see(ctx context.Context) error {
	watching, cancel := context.WithTimeout(ctx, cmp.Or(s.options.Most, showTimeout))
	defer cancel()
	err := s.watch(watching)
	if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
		return err
	}
	s.shown.Restless = err != nil
	brief, end := context.WithTimeout(ctx, cmp.Or(s.options.Most, readTimeout))
	defer end()
	err = s.take(brief)
	if len(s.shown.Blocked) > 0 {
		return nil // where it was going is what is asked for, whatever stands there now
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return ErrNeverRests
	}
	return err
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
				return ErrEnded
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
			if s.requests > 0 && s.loaded { // a busy machine may take longer than that to run a script that it has been given
				return nil
			}
			timer.Reset(quiet)
		case m, ok := <-s.pipe.in:
			if !ok {
				return ErrEnded
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
		_, err := s.pipe.send(m.SessionID, "Page.handleJavaScriptDialog", object{"accept": false})
		return err
	case "Page.loadEventFired":
		s.loaded = true
		return nil
	case "Inspector.targetCrashed":
		return ErrEnded
	case "Fetch.requestPaused":
	default:
		return nil
	}
	var paused struct {
		RequestID    string `json:"requestId"`
		FrameID      string `json:"frameId"`
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
	r := Request{URL: paused.Request.URL, Method: paused.Request.Method, Body: paused.Request.PostData, Page: paused.ResourceType == "Document" && paused.FrameID == s.frame}
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
	s.loaded = s.loaded && !r.Page
	headers := []object{}
	for _, h := range answer.Header {
		headers = append(headers, object{"name": h[0], "value": h[1]})
	}
	_, err := s.pipe.send(m.SessionID, "Fetch.fulfillRequest", object{
		"requestId": paused.RequestID, "responseCode": answer.Status, "responseHeaders": headers, "body": base64.StdEncoding.EncodeToString(answer.Body),
	})
	return err
}

// reading gives where the page is and what it has become. Its own scripts cannot change what it means: it runs in a world of its own.
const reading = `[location.href.slice(0, 8192), document.documentElement ? document.documentElement.outerHTML.slice(0, %d) : ""]`

// take reads the page as it has become. A page that goes on meanwhile is read where it has come to.
func (s *show) take(ctx context.Context) (err error) {
	for range maxReads {
		var got []string
		if got, err = s.read(ctx); err == nil && len(got) == 2 {
			s.shown.URL, s.shown.HTML = got[0], got[1]
			if strings.HasPrefix(got[0], "chrome-error:") { // the browser's own words
				s.shown.URL, s.shown.HTML = "", ""
			}
			return nil
		}
		if ctx.Err() != nil || errors.Is(err, ErrEnded) {
			break
		}
	}
	return err
}

func (s *show) read(ctx context.Context) ([]string, error) {
	var world struct {
		ExecutionContextID int `json:"executionContextId"`
	}
	if err := s.call(ctx, s.session, "Page.createIsolatedWorld", object{"frameId": s.frame}, &world); err != nil {
		return nil, err
	}
	var r struct {
		Result struct {
			Value []string `json:"value"`
		} `json:"result"`
		Thrown *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := s.call(ctx, s.session, "Runtime.evaluate", object{"expression": fmt.Sprintf(reading, maxHTML), "contextId": world.ExecutionContextID, "returnByValue": true}, &r)
	if err == nil && r.Thrown != nil {
		err = fmt.Errorf("read the page: %s", r.Thrown.Text)
	}
	return r.Result.Value, err
}
