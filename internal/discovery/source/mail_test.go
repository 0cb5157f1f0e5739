// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

const message = "From: Anna <anna@example.org>\r\nTo: bo@example.org\r\nSubject: =?utf-8?q?=C3=84rende?=\r\n 189006039813\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=\"gr=E4ns\"\r\n\r\npreamble\r\n--gr=E4ns\r\nContent-Type: text/plain; charset=iso-8859-1\r\n" +
	"Content-Transfer-Encoding: 8bit\r\n\r\nH\xe4lsningar 189007179816\r\n--gr=E4ns\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nG=C3=A5r 18900826=\r\n9814\r\n--gr=E4ns\r\nContent-Type: text/csv; name=lista.csv\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nBASE64\r\n--gr=E4ns\r\nContent-Type: message/rfc822\r\n\r\nSubject: inre\r\nFrom: c@example.org\r\nTo: d@example.org\r\n\r\n" +
	"inner 189008319809\r\n--gr=E4ns\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAAN\r\n--gr=E4ns--\r\nepilogue 189009159816\r\n"

func aMessage() string {
	return strings.Replace(message, "BASE64", base64.StdEncoding.EncodeToString([]byte("pnr;namn\n189010109810;Åsa\n")), 1)
}

func TestMailPlaces(t *testing.T) {
	for _, name := range []string{"a.eml", "a.mbox"} {
		t.Run(name, func(t *testing.T) {
			m := aMessage()
			if name == "a.mbox" {
				m = "From anna Mon Jan  1 00:00:00 2024\n" + m + "\n\nFrom bo Mon Jan  1 00:00:00 2024\nSubject: två\nFrom: x@example.org\n\n>From 189011209813\n"
			}
			g := readBytes(t, name, []byte(m))
			all := g.all()
			for _, want := range []string{"189006039813", "Hälsningar 189007179816", "Går 189008269814", "189008319809", "189009159816", "Ärende", "189010109810", "preamble"} {
				if !strings.Contains(all, want) {
					t.Errorf("%q is missing", want)
				}
			}
			if name == "a.mbox" && !strings.Contains(all, "189011209813") {
				t.Error("the second message is missing")
			}
			// What stands as it is, is told by its place in the file.
			for _, text := range g.texts {
				for _, number := range []string{"189006039813", "189007179816", "189008319809", "189009159816"} {
					i := strings.Index(string(text.Bytes), number)
					if i < 0 || !text.Raw {
						continue
					}
					at := text.Offset + int64(i)
					if text.At != nil {
						at = text.At(i)
					}
					if got := m[at : at+12]; got != number {
						t.Errorf("%s is told at %d, where %q stands", number, at, got)
					}
				}
			}
			if len(g.skips) != 1 || !strings.Contains(g.reasons(), "an image") {
				t.Errorf("skipped: %s", g.reasons())
			}
		})
	}
}

func FuzzMail(f *testing.F) {
	f.Add([]byte(aMessage()))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\n--a--\n--a"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Mail, b) })
}

func FuzzMailbox(f *testing.F) {
	f.Add([]byte("From a\n" + aMessage() + "\n\nFrom b\nA: b\n\nc"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Mailbox, b) })
}

// A message that was encoded as a whole, as it should not be, is read as a message: what is encoded in it as well.
func TestEncodedMessageInside(t *testing.T) {
	inner := "From: c@example.org\r\nTo: d@example.org\r\nSubject: =?utf-8?q?=C3=84rende?=\r\nContent-Type: text/plain; charset=utf-8\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte("Född 18900603-9813")) + "\r\n"
	for name, kind := range map[string]string{"without a name": "message/rfc822", "named": `message/rfc822; name="Vidarebefordrat: hej"`, "global": "message/global"} {
		g := readBytes(t, "a.eml", []byte("From: a@example.org\r\nTo: b@example.org\r\nSubject: hej\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"+
			"Content-Type: "+kind+"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString([]byte(inner))+"\r\n--x--\r\n"))
		g.nothingSkipped(t)
		for _, want := range []string{"Född 18900603-9813", "Ärende"} {
			if !strings.Contains(g.all(), want) {
				t.Errorf("%s: %q is missing in %q", name, want, g.all())
			}
		}
	}
}

// What stands plain beside encoded words in a header is told once, where it stands in the file, and what is in them once, decoded.
func TestHeaderIsToldOnce(t *testing.T) {
	const mail = "From: =?utf-8?Q?=C3=85sa_Berg?= <asa@example.org>\r\nSubject: =?utf-8?Q?=C3=84rende_18900603-?=\r\n =?utf-8?Q?9813?= om 189007179816\r\n\r\nHej\r\n"
	g := readBytes(t, "x.eml", []byte(mail))
	for _, once := range []string{"asa@example.org", "Åsa Berg", "18900603-9813", "189007179816"} {
		if n := strings.Count(g.all(), once); n != 1 {
			t.Errorf("%s is told %d times: %q", once, n, g.all())
		}
	}
	for _, x := range g.texts {
		if i := bytes.Index(x.Bytes, []byte("189007179816")); i >= 0 && (!x.Raw || x.Offset+int64(i) != int64(strings.Index(mail, "189007179816"))) {
			t.Errorf("the number is told at %d of %+v", i, x)
		}
	}
	g.nothingSkipped(t)
}
