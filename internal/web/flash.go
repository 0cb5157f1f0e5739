// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
)

const (
	// flashSeconds is how long a message waits for the page that shows it.
	flashSeconds = 60
	// maxFlash keeps the cookie well under what browsers store.
	maxFlash = 2000
)

func (c *Context) flashName() string {
	if c.site.opts.TLS {
		return "__Host-insegel-flash"
	}
	return "insegel-flash"
}

// setFlash keeps a message key with its names and values for the next page. The text itself is never in the cookie.
func (c *Context) setFlash(message []string) {
	b, err := json.Marshal(message)
	if err != nil || len(b) > maxFlash {
		return // a message too long to keep is not worth failing what was done
	}
	c.flashCookie(base64.RawURLEncoding.EncodeToString(b), flashSeconds)
}

func (c *Context) flashCookie(value string, seconds int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: c.flashName(), Value: value, Path: "/", MaxAge: seconds, Secure: c.site.opts.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Offer is a button beside a message that is shown once: what can be done about what was just done, such as undoing it.
type Offer struct {
	// Key is the message of the button, Action the path on this site that it posts to.
	Key, Action string
}

// offered marks a kept message that has an offer before it.
const offered = "\x00offer"

// RedirectOffer is Redirect with a button beside the message.
func (c *Context) RedirectOffer(to string, o Offer, flash ...string) error {
	return c.Redirect(to, append([]string{offered, o.Key, o.Action}, flash...)...)
}

// takeFlash gives the waiting message, if any, with what is offered beside it, and forgets it.
func (c *Context) takeFlash() (string, Offer) {
	cookie, err := c.Request.Cookie(c.flashName())
	if err != nil {
		return "", Offer{}
	}
	c.flashCookie("", -1)
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(b) > maxFlash {
		return "", Offer{}
	}
	var message []string
	if err := json.Unmarshal(b, &message); err != nil {
		return "", Offer{}
	}
	var o Offer
	if len(message) > 3 && message[0] == offered {
		if o = (Offer{message[1], message[2]}); !c.L.Has(o.Key) || Local(o.Action) != o.Action {
			o = Offer{}
		}
		message = message[3:]
	}
	if len(message) == 0 || !c.L.Has(message[0]) {
		return "", Offer{}
	}
	return c.L.T(message[0], flashArgs(message[1:])...), o
}

// flashArgs turns the kept texts into arguments. A count becomes a number again, so that singular and plural are right.
func flashArgs(kept []string) []any {
	out := make([]any, 0, len(kept))
	for i, v := range kept {
		if n, err := strconv.Atoi(v); err == nil && i%2 == 1 && kept[i-1] == "Count" {
			out = append(out, n)
			continue
		}
		out = append(out, v)
	}
	return out
}
