// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

func init() { register(RTF, guarded{readRTF}) }

// rtfState is what a group inherits.
type rtfState struct {
	// hidden says that what is in the group is no text.
	hidden bool
	// picture says that it is a picture.
	picture bool
	// after is how many letters stand after \u for programs that do not know it.
	after int
}

// rtf is a document in Rich Text Format while it is read.
type rtf struct {
	prose
	in     *bufio.Reader
	n      int64 // how far it has been read
	state  rtfState
	groups []rtfState
	table  *charmap.Charmap
	// first says that a group has just begun: what it is stands there. Star says that it may be gone past.
	first, star bool
	skip        int
	high        uint16
	from        int64
	// member reads a file that is embedded.
	member func(name string, content io.Reader, size int64) error
}

// mostGroups is how many groups may lie inside each other.
const mostGroups = 10_000

// rtfHidden are the groups that hold no text.
var rtfHidden = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "listtable": true, "listoverridetable": true, "rsidtbl": true, "themedata": true,
	"colorschememapping": true, "datastore": true, "latentstyles": true, "xmlnstbl": true, "generator": true, "filetbl": true, "revtbl": false,
	"objclass": true, "datafield": true, "pgptbl": true, "mmathPr": true, "wgrffmtfilter": true,
}

// rtfShown are the groups that older programs go past, and that hold text.
var rtfShown = map[string]bool{
	"annotation": true, "atnauthor": true, "atnid": true, "fldinst": true, "shptxt": true, "shpinst": true, "footnote": true, "docvar": true,
	"userprops": true, "propname": true, "staticval": true, "company": true, "ud": true, "upr": true, "revtbl": true, "bkmkstart": true, "formfield": true, "ffname": true, "ffdeftext": true,
	"shppict": true, "nonshppict": true, "pn": true, "listtext": true, "background": true, "htmltag": true, "mhtmltag": false,
}

// rtfLetters are the words that stand for letters.
var rtfLetters = map[string]string{
	"tab": "\t", "line": "\n", "cell": "\t", "nestcell": "\t", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "bullet": "•",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "softline": "\n", "lbr": "\n",
}

func readRTF(ctx context.Context, r *reading) error {
	t := &rtf{
		member: func(name string, content io.Reader, size int64) error { return r.member(ctx, name, content, size) },
		prose:  prose{r: r, place: Place{Paragraph: 1}}, in: bufio.NewReaderSize(io.NewSectionReader(r.at, 0, r.size), 64<<10),
		table: charmap.Windows1252, state: rtfState{after: 1},
	}
	for {
		c, err := t.byte()
		if err != nil {
			if flushed := t.paragraph(); flushed != nil {
				return flushed
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if len(t.groups) > 0 {
				if err := r.note(fmt.Sprintf("it ends too early: %d groups are open", len(t.groups))); err != nil {
					return err
				}
			}
			r.read(0, r.size)
			return nil
		}
		if err := t.take(c); err != nil {
			return err
		}
	}
}

func (t *rtf) byte() (byte, error) {
	c, err := t.in.ReadByte()
	if err == nil {
		t.n++
	}
	if t.n&0xFFFF == 0 && t.r.ended() != nil {
		return 0, t.r.ended()
	}
	return c, err
}

func (t *rtf) take(c byte) error {
	switch c {
	case '{':
		if len(t.groups) >= mostGroups {
			return damage(fmt.Sprintf("it has more than %d groups inside each other", mostGroups))
		}
		t.groups = append(t.groups, t.state)
		t.first, t.star = true, false
	case '}':
		return t.closes()
	case '\\':
		return t.control()
	case '\r', '\n':
	default:
		t.first = false
		if t.skip > 0 {
			t.skip--
			return nil
		}
		t.letter(rune(t.table.DecodeByte(c)))
		return t.full()
	}
	return nil
}

// closes ends a group. A picture is told as unread.
func (t *rtf) closes() error {
	was := t.state
	if n := len(t.groups); n > 0 {
		t.state, t.groups = t.groups[n-1], t.groups[:n-1]
	}
	if was.picture && !t.state.picture {
		return t.r.skip(t.from, t.n-1, errPicture.Error())
	}
	return nil
}

func (t *rtf) letter(c rune) {
	if !t.state.hidden && !t.state.picture {
		t.b = utf8.AppendRune(t.b, c)
	}
}

// control reads what follows a backslash.
func (t *rtf) control() error {
	c, err := t.byte()
	if err != nil {
		return nil //nolint:nilerr // the end is met again
	}
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		return t.word(c)
	}
	first := t.first
	t.first = false
	switch c {
	case '\'':
		return t.hex()
	case '*':
		t.first, t.star = first, true
	case '~':
		t.letter(0xA0)
	case '_':
		t.letter(0x2011)
	case '\\', '{', '}':
		t.letter(rune(c))
	case '\r', '\n':
		return t.ends()
	}
	return nil
}

// ends ends a paragraph of text.
func (t *rtf) ends() error {
	if t.state.hidden {
		return nil
	}
	return t.paragraph()
}

// hex reads a letter as two hexadecimal digits.
func (t *rtf) hex() error {
	var v byte
	for range 2 {
		c, err := t.byte()
		d := hexDigit(c)
		if err != nil || d > 15 {
			return nil //nolint:nilerr // the end is met again
		}
		v = v<<4 | d
	}
	if t.skip > 0 {
		t.skip--
		return nil
	}
	t.letter(t.table.DecodeByte(v))
	return nil
}

// word reads a control word with its number.
func (t *rtf) word(c byte) error {
	name := []byte{c}
	var digits []byte
	for {
		c, err := t.byte()
		if err != nil {
			break
		}
		switch letter := c|0x20 >= 'a' && c|0x20 <= 'z'; {
		case letter && len(digits) == 0 && len(name) < 32:
			name = append(name, c)
			continue
		case c == '-' && len(digits) == 0, c >= '0' && c <= '9' && len(digits) < 10:
			digits = append(digits, c)
			continue
		case c != ' ':
			_ = t.in.UnreadByte() // one has just been read
			t.n--
		}
		break
	}
	number, err := strconv.Atoi(string(digits))
	return t.command(string(name), number, err == nil)
}

// begins takes the first word of a group, which says what it is. It reports whether something is embedded in it.
func (t *rtf) begins(name string) bool {
	t.first = false
	switch {
	case name == "pict":
		t.state.picture, t.from = true, t.n
	case name == "objdata", rtfHidden[name], t.star && !rtfShown[name]:
		t.state.hidden = true
	}
	t.star = false
	return name == "objdata"
}

func (t *rtf) command(name string, number int, has bool) error {
	if t.first && t.begins(name) {
		return t.object()
	}
	if s, ok := rtfLetters[name]; ok {
		if !t.state.hidden {
			t.b = append(t.b, s...)
		}
		return nil
	}
	switch name {
	case "par", "row", "sect", "page", "nestrow":
		return t.ends()
	case "bin":
		return t.binary(number)
	case "ansicpg":
		t.table = codePage(number)
	case "mac":
		t.table = charmap.Macintosh
	case "uc":
		t.state.after = max(min(number, 16), 0)
	case "u":
		if has {
			t.unicode(uint16(number))
		}
	}
	return nil
}

// unicode takes a letter by its number in UTF-16.
func (t *rtf) unicode(u uint16) {
	t.skip = t.state.after
	switch {
	case u >= 0xD800 && u < 0xDC00:
		t.high = u
		return
	case u >= 0xDC00 && u < 0xE000:
		t.letter(utf16.DecodeRune(rune(t.high), rune(u)))
	default:
		t.letter(rune(u))
	}
	t.high = 0
}

// binary goes past bytes that are not text.
func (t *rtf) binary(n int) error {
	if n <= 0 {
		return nil
	}
	from := t.n
	m, err := t.in.Discard(n)
	t.n += int64(m)
	if told := t.r.skip(from, t.n, "binary data in it is not read"); told != nil {
		return told
	}
	return errUnlessEnd(err)
}

// codePage is an encoding by its number in Windows.
func codePage(n int) *charmap.Charmap {
	pages := map[string]*charmap.Charmap{
		"437": charmap.CodePage437, "850": charmap.CodePage850, "865": charmap.CodePage865, "1250": charmap.Windows1250, "1251": charmap.Windows1251,
		"1257": charmap.Windows1257, "10000": charmap.Macintosh,
	}
	if table, ok := pages[strconv.Itoa(n)]; ok {
		return table
	}
	return charmap.Windows1252
}
