// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"
)

// Kind is what a file holds, judged by its first bytes and then by its name.
type Kind string

// The kinds that Sniff tells apart. Formats that share a container (DOCX in ZIP, MSG in OLE) are told apart by their readers.
const (
	Plain   Kind = "text"
	CSV     Kind = "csv"
	JSON    Kind = "json"
	Markup  Kind = "markup" // XML, HTML
	Zip     Kind = "zip"    // and DOCX, XLSX, PPTX, ODT, ODS
	OLE     Kind = "ole"    // DOC, XLS, PPT, MSG
	PDF     Kind = "pdf"
	Mail    Kind = "mail"
	Mailbox Kind = "mbox"
	Outlook Kind = "pst"
	Gzip    Kind = "gzip"
	Bzip2   Kind = "bzip2"
	XZ      Kind = "xz"
	Zstd    Kind = "zstd"
	Tar     Kind = "tar"
	SevenZ  Kind = "7z"
	RAR     Kind = "rar"
	SQLite  Kind = "sqlite"
	RTF     Kind = "rtf"
	Image   Kind = "image"
	Binary  Kind = "binary" // anything else that is not text
)

// SniffBytes is how much of a file's head Sniff wants.
const SniffBytes = 4096

var magics = []struct {
	magic string
	kind  Kind
}{
	{"PK\x03\x04", Zip},
	{"PK\x05\x06", Zip},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE},
	{"!BDN", Outlook},
	{"\x1f\x8b", Gzip},
	{"BZh", Bzip2},
	{"\xfd7zXZ\x00", XZ},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"7z\xbc\xaf\x27\x1c", SevenZ},
	{"Rar!\x1a\x07", RAR},
	{"SQLite format 3\x00", SQLite},
	{`{\rtf`, RTF},
	{"\x89PNG\r\n", Image},
	{"\xff\xd8\xff", Image},
	{"GIF8", Image},
	{"II*\x00", Image},
	{"MM\x00*", Image},
	{"BM\x00\x00", Image},
}

// Sniff judges what a file is.
func Sniff(head []byte, name string) Kind {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.kind
		}
	}
	if i := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); i >= 0 {
		return PDF
	}
	if len(head) >= 262 && string(head[257:262]) == "ustar" {
		return Tar
	}
	ext := strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
	if !looksLikeText(head) {
		return Binary
	}
	switch ext {
	case ".csv", ".tsv":
		return CSV
	case ".json", ".jsonl", ".ndjson":
		return JSON
	case ".xml", ".html", ".htm", ".xhtml", ".svg":
		return Markup
	case ".eml":
		return Mail
	case ".mbox":
		return Mailbox
	}
	return sniffText(head)
}

// sniffText judges text by how it begins.
func sniffText(head []byte) Kind {
	if bytes.HasPrefix(head, []byte("From ")) {
		if line, rest, ok := bytes.Cut(head, []byte("\n")); ok && bytes.IndexByte(line, ':') > 0 && hasHeader(rest) {
			return Mailbox
		}
	}
	if hasMailHeaders(head) {
		return Mail
	}
	t := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(t[:min(len(t), 64)])
	if bytes.HasPrefix(lower, []byte("<?xml")) || bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.HasPrefix(lower, []byte("<html")) {
		return Markup
	}
	return Plain
}

// hasHeader reports whether b begins with a header line as in mail.
func hasHeader(b []byte) bool {
	name, _, ok := bytes.Cut(b, []byte(":"))
	if !ok || len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// hasMailHeaders reports whether the text begins as a message of mail does: header lines only, of which two are a message's own.
func hasMailHeaders(head []byte) bool {
	known := 0
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		if !hasHeader(line) {
			break
		}
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch strings.ToLower(string(name)) {
		case "from", "to", "subject", "date", "message-id", "received", "return-path", "mime-version", "delivered-to", "content-type":
			known++
		}
	}
	return known >= 3
}

// looksLikeText reports whether bytes are text in an encoding that is read: no NUL outside UTF-16, and few control characters.
func looksLikeText(head []byte) bool {
	if utf16Order(head) != nil {
		return true
	}
	control := 0
	for _, c := range head {
		switch {
		case c == 0:
			return false
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1b:
			control++
		}
	}
	return control*20 <= len(head)
}

// readers are the readers of each kind. A kind without one is told as skipped.
var readers = map[Kind]Reader{}

// For is the reader of a kind; ok is false when none reads it.
func For(k Kind) (r Reader, ok bool) {
	r, ok = readers[k]
	return r, ok
}

// register says which reader reads a kind. It is called from init functions only.
func register(k Kind, r Reader) { readers[k] = r }

// ReadAny reads a file or a member, whatever it is: it looks at its head, and hands it to the reader of its kind.
func ReadAny(ctx context.Context, f File, v Visitor) error {
	head, f, err := peek(f)
	if err != nil {
		return v.Skipped(Skip{Path: f.Path, Member: f.Member, From: 0, To: f.Size, Reason: "cannot be read: " + err.Error()})
	}
	name := f.Member
	if name == "" {
		name = f.Path
	}
	k := Sniff(head, name)
	r, ok := For(k)
	if ok {
		return r.Read(ctx, f, v)
	}
	size, why := f.Size, unread(k)
	if size < 0 && f.Depth == 0 && f.Stream != nil { // how much is not read is known at its end
		if size, err = io.Copy(io.Discard, &contextReader{ctx.Err, f.Stream}); err != nil {
			why += "; its end could not be come to: " + err.Error()
		}
	}
	if err := v.Skipped(Skip{Path: f.Path, Member: f.Member, From: 0, To: size, Reason: why}); err != nil {
		return err
	}
	return ctx.Err()
}

// unread says why a kind is not read.
func unread(k Kind) string {
	switch k {
	case Image:
		return "an image: text in it is not read"
	case Outlook:
		return "an Outlook data file (PST): mail in it is not read; export it as MSG, EML or MBOX"
	case Binary:
		return "not text, and of no format that is read"
	default:
		return "the format " + string(k) + " is not read"
	}
}
