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

// takeFlash gives the waiting message, if any, and forgets it.
func (c *Context) takeFlash() string {
	cookie, err := c.Request.Cookie(c.flashName())
	if err != nil {
		return ""
	}
	c.flashCookie("", -1)
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(b) > maxFlash {
		return ""
	}
	var message []string
	if err := json.Unmarshal(b, &message); err != nil || len(message) == 0 || !c.L.Has(message[0]) {
		return ""
	}
	return c.L.T(message[0], flashArgs(message[1:])...)
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
