// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
)

// The properties of an Outlook message that are told by a name of their own (MS-OXPROPS).
var messageFields = map[string]string{
	"0037": "subject", "1000": "body", "0E04": "to", "0E03": "cc", "0E02": "bcc", "0C1A": "from", "0C1F": "from", "007D": "header", "3001": "name",
	"3003": "address", "39FE": "address", "3707": "file",
}

// message reads one property of an Outlook message, which is a stream whose name tells which and of what type.
func (o *ole) message(ctx context.Context, f *mscfb.File) error {
	id := strings.TrimPrefix(f.Name, "__substg1.0_")
	if len(id) < 8 {
		return nil
	}
	tag, kind := strings.ToUpper(id[:4]), strings.ToUpper(id[4:8])
	switch {
	case kind == "001F" || kind == "001E":
		return o.messageText(f, tag, kind == "001F")
	case kind != "0102":
		return nil
	case tag == "3701": // an attached file
		return o.attachment(ctx, f)
	case tag == "1013" && !o.hasBody(f, "1000"):
		return o.r.member(ctx, "body.html", oleReader(f), f.Size)
	case tag == "1009" && !o.hasBody(f, "1000") && !o.hasBody(f, "1013"):
		return o.compressedRTF(ctx, f)
	}
	return nil
}

// hasBody reports whether the message has its text in another form too.
func (o *ole) hasBody(f *mscfb.File, tag string) bool {
	for _, kind := range []string{"001F", "001E", "0102"} {
		if s := o.sibling(f, "__substg1.0_"+tag+kind); s != nil && s.Size > 0 {
			return true
		}
	}
	return false
}

func (o *ole) messageText(f *mscfb.File, tag string, wide bool) error {
	p := &prose{r: o.r, place: Place{Field: messageFields[tag], Paragraph: 1}}
	for at := int64(0); at < f.Size; {
		b, err := slice(f, at, min(f.Size-at, 32<<10))
		if err != nil {
			return err
		}
		at += int64(len(b))
		if wide {
			p.b = append(p.b, string(utf16.Decode(utf16Little(b)))...)
		} else {
			p.b = appendNarrow(p.b, b)
		}
		if err := p.full(); err != nil {
			return err
		}
	}
	return p.paragraph()
}

// attachment reads an attached file by the name that stands beside it.
func (o *ole) attachment(ctx context.Context, f *mscfb.File) error {
	name := olePath(f)
	for _, tag := range []string{"3707001F", "3704001F", "3707001E", "3704001E"} {
		s := o.sibling(f, "__substg1.0_"+tag)
		if s == nil {
			continue
		}
		b, err := slice(s, 0, min(s.Size, 1024))
		if err != nil {
			continue
		}
		if strings.HasSuffix(tag, "F") {
			b = []byte(string(utf16.Decode(utf16Little(b))))
		}
		name = string(bytes.Trim(b, "\x00"))
		break
	}
	return o.r.member(ctx, name, oleReader(f), f.Size)
}

// lzfuStart is what the dictionary of compressed RTF holds from the start (MS-OXRTFCP 2.2).
const lzfuStart = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier` +
	`{\colortbl\red0\green0\blue0` + "\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// mostRTF is how much compressed RTF is taken from a message.
const mostRTF = 64 << 20

// compressedRTF reads the text of a message that has it as RTF only.
func (o *ole) compressedRTF(ctx context.Context, f *mscfb.File) error {
	head, err := slice(f, 0, 16)
	if err != nil {
		return err
	}
	switch string(head[8:12]) {
	case "MELA":
		return o.r.member(ctx, "body.rtf", io.NewSectionReader(f, 16, f.Size-16), f.Size-16)
	case "LZFu":
		b, err := slice(f, 16, min(f.Size-16, mostRTF))
		if err != nil {
			return err
		}
		out := lzfu(b, int(min(binary.LittleEndian.Uint32(head[4:]), mostRTF)))
		return o.r.member(ctx, "body.rtf", bytes.NewReader(out), int64(len(out)))
	}
	return damage("its RTF is compressed in a way that is not known")
}

// lzfu undoes the compression of RTF.
func lzfu(b []byte, size int) []byte {
	var window [4096]byte
	at := copy(window[:], lzfuStart)
	out := make([]byte, 0, min(size, 4*len(b)+4096))
	put := func(c byte) {
		out = append(out, c)
		window[at] = c
		at = (at + 1) % len(window)
	}
	for i := 0; i < len(b) && len(out) < size; {
		flags := b[i]
		i++
		for bit := 0; bit < 8 && i < len(b) && len(out) < size; bit++ {
			if flags>>bit&1 == 0 {
				put(b[i])
				i++
				continue
			}
			if i+1 >= len(b) {
				return out
			}
			code := int(b[i])<<8 | int(b[i+1])
			i += 2
			from, n := code>>4, code&0xF+2
			if from == at {
				return out
			}
			for range n {
				put(window[from])
				from = (from + 1) % len(window)
			}
		}
	}
	return out
}
