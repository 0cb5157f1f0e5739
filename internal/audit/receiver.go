// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Dial connects to another machine; outbound.Policy has one. It is also asked for TLS ("tls") and for a socket of this machine ("unix",
// "unixgram").
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Syslog sends checkpoints to a log collector as RFC 5424 says.
type Syslog struct {
	// Network is "tls", "udp", "tcp", "unix" or "unixgram".
	Network, Address string
	// Host is this machine's name.
	Host string
	// Dial connects.
	Dial Dial
	// Now is the clock of the messages.
	Now func() time.Time
}

// ErrReceiver says that the address of a receiver cannot be understood.
var ErrReceiver = errors.New("not an address that checkpoints can be sent to")

// ParseSyslog reads "tls://HOST:PORT", "udp://HOST:PORT", "tcp://HOST:PORT", "unix:///PATH" or "unixgram:///PATH".
func ParseSyslog(address string) (Syslog, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Syslog{}, fmt.Errorf("read syslog address: %w", ErrReceiver)
	}
	switch {
	case (u.Scheme == "tls" || u.Scheme == "udp" || u.Scheme == "tcp") && u.Port() != "" && u.Hostname() != "" && u.Path == "":
		return Syslog{Network: u.Scheme, Address: u.Host}, nil
	case (u.Scheme == "unix" || u.Scheme == "unixgram") && u.Host == "" && u.Path != "":
		return Syslog{Network: u.Scheme, Address: u.Path}, nil
	}
	return Syslog{}, fmt.Errorf("read syslog address %q: %w: write tls://HOST:PORT, udp://HOST:PORT, tcp://HOST:PORT or unixgram:///PATH", address, ErrReceiver)
}

// Name tells it from other receivers.
func (s Syslog) Name() string { return "syslog " + s.Network + " " + s.Address }

// syslogTimeout is how long a collector may take.
const syslogTimeout = 10 * time.Second

// priority is facility 13, log audit, and severity 5, notice.
const priority = 13*8 + 5

// message is the line of RFC 5424: what a collector needs to find it, and JSON.
func (s Syslog) message(kind string, body []byte) []byte {
	host := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s.Host)
	if host == "" {
		host = "-"
	}
	const stamp = "2006-01-02T15:04:05.000Z07:00"
	msg := fmt.Appendf(nil, "<%d>1 %s %s insegel - %s - %s", priority, s.Now().UTC().Format(stamp), host, kind, body)
	if s.Network == "tls" || s.Network == "tcp" || s.Network == "unix" {
		msg = append([]byte(strconv.Itoa(len(msg))+" "), msg...)
	}
	return msg
}

// Encrypted reports whether nobody on the way can read what is sent.
func (s Syslog) Encrypted() bool { return s.Network != "udp" && s.Network != "tcp" }

// Receive sends a checkpoint. Over TCP and TLS the length stands before each message (RFC 6587, RFC 5425). A collector answers nothing, so that it has been sent is
// all that is known.
func (s Syslog) Receive(ctx context.Context, e Export) error {
	body, err := json.Marshal(map[string]any{"origin": e.Origin, "size": e.Size, "root": e.Root.String(), "note": e.Note})
	if err != nil {
		return fmt.Errorf("write syslog message: %w", err)
	}
	return s.send(ctx, [][]byte{s.message("checkpoint", body)})
}

// ErrClear says that entries were to be sent where others can read them.
var ErrClear = errors.New("entries of the log are sent to syslog over TLS or a socket only")

// ReceiveEntries sends each line of a segment as a message of its own, over one connection.
func (s Syslog) ReceiveEntries(ctx context.Context, seg *Segment) error {
	if !s.Encrypted() {
		return fmt.Errorf("send to syslog: %w", ErrClear)
	}
	messages := make([][]byte, len(seg.Lines))
	for i, l := range seg.Lines {
		messages[i] = s.message("entries", bytes.TrimSuffix(l, []byte{'\n'}))
	}
	return s.send(ctx, messages)
}

func (s Syslog) send(ctx context.Context, messages [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, syslogTimeout)
	defer cancel()
	conn, err := s.Dial(ctx, s.Network, s.Address)
	if err != nil {
		return fmt.Errorf("connect to syslog: %w", err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline) // without one the write ends by itself
	}
	for _, m := range messages {
		if _, err = conn.Write(m); err != nil {
			break
		}
	}
	if err := errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("send to syslog: %w", err)
	}
	return nil
}

// Post sends checkpoints as the body of an HTTPS request.
type Post struct {
	URL    string
	Client *http.Client
}

// Name tells it from other receivers.
func (p Post) Name() string { return "post " + p.URL }

// Receive posts a checkpoint and wants an answer that says that it was taken.
func (p Post) Receive(ctx context.Context, e Export) error {
	return p.send(ctx, noteType, e.Note)
}

// ReceiveEntries posts a segment as lines of JSON and wants the same.
func (p Post) ReceiveEntries(ctx context.Context, s *Segment) error {
	return p.send(ctx, "application/x-ndjson", string(s.text()))
}

func (p Post) send(ctx context.Context, kind, text string) error {
	status, _, _, err := post(ctx, p.Client, request{p.URL, kind, text})
	if err != nil {
		return fmt.Errorf("post log: %w", err)
	}
	if status < 200 || status > 299 {
		return fmt.Errorf("post log: %w: it answered with status %d", errAnswer, status)
	}
	return nil
}

// noteType is the type of a signed note.
const noteType = "text/plain; charset=utf-8"

// request is what is posted, and where.
type request struct{ to, kind, text string }

// errAnswer says that a receiver did not take a checkpoint.
var errAnswer = errors.New("the receiver did not take it")

// mostAnswer is how much of an answer is read.
const mostAnswer = 64 << 10

// post sends text and gives the status, the content type and the body of the answer.
func post(ctx context.Context, client *http.Client, what request) (status int, kind, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, what.to, strings.NewReader(what.text))
	if err != nil {
		return 0, "", "", err
	}
	r.Header.Set("Content-Type", what.kind)
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", "", err
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b), errors.Join(err, resp.Body.Close())
}

// Mail sends checkpoints to an archivist, or anybody else who keeps what they are sent.
type Mail struct {
	To string
	// Send puts a mail in the queue.
	Send func(ctx context.Context, to string, e Export) error
	// Every is how many entries the log must have grown by for another mail; nobody reads one a minute.
	Every int64

	sent map[string]int64
}

// Name tells it from other receivers.
func (m *Mail) Name() string { return "mail " + m.To }

// Receive mails a checkpoint. One goroutine at a time calls it.
func (m *Mail) Receive(ctx context.Context, e Export) error {
	if last, ok := m.sent[e.Origin]; ok && e.Size < last+m.Every {
		return nil
	}
	if err := m.Send(ctx, m.To, e); err != nil {
		return fmt.Errorf("mail checkpoint: %w", err)
	}
	if m.sent == nil {
		m.sent = map[string]int64{}
	}
	m.sent[e.Origin] = e.Size
	return nil
}
