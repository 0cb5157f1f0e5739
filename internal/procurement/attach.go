// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/ids"
)

// Limits of what comes with answers.
const (
	// MaxAttached is the largest document, mostFiles how many one answer can have, and maxSheet how large all of a sheet's are together.
	MaxAttached = 5 << 20
	mostFiles   = 5
	maxSheet    = 40 << 20
	// What is packed in an office document may be at most this large, and this many parts: more is a bomb, or nothing to read.
	maxUnpacked = 100 << 20
	mostParted  = 2000
	maxFileName = 120
)

var (
	// ErrFileSize says that a document is empty or too large.
	ErrFileSize = errors.New("a document must hold something and be no larger than 5 MB")
	// ErrFileRoom says that an answer, or all of them, has enough documents.
	ErrFileRoom = errors.New("there is no room for more documents: take one away first")
	// ErrFileType says that a document is none that is taken, whatever its name says.
	ErrFileType = errors.New("only PDF, PNG, JPEG, text, and office documents without macros are taken")
)

// Attached is a document that came with an answer. It is never shown in a browser, only handed over to be saved.
type Attached struct {
	ID          ids.ID[Attached]
	Requirement string
	Name, Media string
	Size        int64
	Hash        string // SHA-256
	At          time.Time

	sheet Seat
}

// Document is an attached document with its content.
type Document struct {
	Attached
	Content []byte
}

// take judges a document by what is in it, and fills in what is known of it.
func (a *Attached) take(name string, content []byte) error {
	if len(content) == 0 || len(content) > MaxAttached {
		return ErrFileSize
	}
	media, ending := kindOfContent(content)
	if media == "" {
		return ErrFileType
	}
	sum := sha256.Sum256(content)
	a.Name, a.Media, a.Size, a.Hash = fileName(name, ending), media, int64(len(content)), hex.EncodeToString(sum[:])
	return nil
}

// fileName is a name that is safe to save under: no path, nothing that turns the text, and the ending of what it is.
func fileName(name, ending string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"/|?*`, r) {
			return -1
		}
		return r
	}, name)
	if r := []rune(strings.TrimSpace(name)); len(r) > maxFileName {
		name = string(r[:maxFileName])
	}
	if name = strings.Trim(name, " ."); name == "" {
		name = "bilaga"
	}
	return name + ending
}

// kindOfContent tells what a document is by its content, and the ending that it gets; nothing when it is none that is taken.
func kindOfContent(b []byte) (media, ending string) {
	switch {
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return "application/pdf", ".pdf"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png", ".png"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg", ".jpg"
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return kindOfPacked(b)
	case plainText(b):
		return "text/plain; charset=utf-8", ".txt"
	}
	return "", ""
}

// plainText reports whether it is text that no browser would take for a page or a picture.
func plainText(b []byte) bool {
	if !utf8.Valid(b) || bytes.ContainsFunc(b, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n\f", r) }) {
		return false
	}
	low := bytes.ToLower(b)
	for _, mark := range []string{"<script", "<svg", "<html", "<!doctype", "<?xml", "<iframe", "<body", "<head", "javascript:"} {
		if bytes.Contains(low, []byte(mark)) {
			return false
		}
	}
	return true
}

// packed are the office documents that are taken, by a part that only they have.
var packed = []struct{ part, media, ending string }{
	{"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
	{"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
	{"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
}

// openDocuments are the OpenDocument formats, by the first part that says which.
var openDocuments = map[string]string{
	"application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
	"application/vnd.oasis.opendocument.presentation": ".odp",
}

// kindOfPacked looks into an archive. Only office documents are taken: one with macros, with an archive inside, or that unpacks to more
// than somebody can read is not. What an archive says of its own sizes is not believed: every part is unpacked, and counted.
func kindOfPacked(b []byte) (media, ending string) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) > mostParted {
		return "", ""
	}
	left, types := int64(maxUnpacked), false
	for _, f := range z.File {
		head, n, err := unpack(f, left)
		if left -= n; err != nil || left < 0 || suspect(f.Name) || nested(head) {
			return "", ""
		}
		types = types || f.Name == "[Content_Types].xml"
		if media == "" {
			media, ending = kindOfPart(f.Name, head)
		}
	}
	_, open := openDocuments[media]
	if ending == "" || !open && !types {
		return "", ""
	}
	return media, ending
}

// suspect reports whether a part leads out of the archive, or holds macros.
func suspect(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "/") || strings.Contains(name, "..") || strings.Contains(name, "vbaproject") || strings.HasPrefix(name, "basic/") ||
		strings.HasPrefix(name, "scripts/")
}

// kindOfPart tells what an archive is by one of its parts; nothing when the part does not say.
func kindOfPart(name string, head []byte) (media, ending string) {
	if ending = openDocuments[string(head)]; name == "mimetype" && ending != "" {
		return string(head), ending
	}
	for _, p := range packed {
		if name == p.part {
			return p.media, p.ending
		}
	}
	return "", ""
}

// unpack reads a part to its end, but no more than is left, and keeps its beginning.
func unpack(f *zip.File, left int64) (head []byte, n int64, err error) {
	r, err := f.Open()
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = r.Close() }() // it was only read
	var first bytes.Buffer
	n, err = io.Copy(io.Discard, io.TeeReader(io.LimitReader(r, min(left+1, 128)), &first))
	if err != nil {
		return nil, n, err
	}
	more, err := io.Copy(io.Discard, io.LimitReader(r, left+1-n))
	return first.Bytes(), n + more, err
}

// nested reports whether a part is an archive itself, or a program.
func nested(head []byte) bool {
	for _, mark := range []string{"PK\x03\x04", "\x1f\x8b", "7z\xbc\xaf", "Rar!", "BZh", "\xfd7zXZ", "MZ", "\x7fELF"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return false
}

// room reports whether one more document fits.
func (p *Posed) room(row *PosedRow, size int64) error {
	for i := range p.Rows {
		for _, f := range p.Rows[i].Files {
			size += f.Size
		}
	}
	if len(row.Files) >= mostFiles || size > maxSheet {
		return ErrFileRoom
	}
	return nil
}
