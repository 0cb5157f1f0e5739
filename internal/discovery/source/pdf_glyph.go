// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyphMarks are the marks in names of glyphs, such as Aring and eacute, with the combining letter of each.
var glyphMarks = map[string]rune{
	"grave": 0x300, "acute": 0x301, "circumflex": 0x302, "tilde": 0x303, "macron": 0x304, "breve": 0x306, "dotaccent": 0x307,
	"dieresis": 0x308, "ring": 0x30A, "hungarumlaut": 0x30B, "caron": 0x30C, "commaaccent": 0x327, "cedilla": 0x327, "ogonek": 0x328,
}

// otherGlyphs are the names of glyphs that are not a letter with a mark, as the Adobe Glyph List has them.
const otherGlyphs = `space= |exclam=!|quotedbl="|numbersign=#|dollar=$|percent=%|ampersand=&|quotesingle='|quoteright=’|parenleft=(|` +
	`parenright=)|asterisk=*|plus=+|comma=,|hyphen=-|minus=−|period=.|slash=/|zero=0|one=1|two=2|three=3|four=4|five=5|six=6|seven=7|` +
	`eight=8|nine=9|colon=:|semicolon=;|less=<|equal==|greater=>|question=?|at=@|bracketleft=[|backslash=\|bracketright=]|` +
	"asciicircum=^|underscore=_|grave=`|quoteleft=‘|braceleft={|braceright=}|asciitilde=~|" +
	`exclamdown=¡|cent=¢|sterling=£|currency=¤|yen=¥|brokenbar=¦|section=§|dieresis=¨|copyright=©|ordfeminine=ª|guillemotleft=«|` +
	`logicalnot=¬|sfthyphen=-|softhyphen=-|registered=®|macron=¯|degree=°|plusminus=±|twosuperior=²|threesuperior=³|acute=´|mu=µ|` +
	`paragraph=¶|periodcentered=·|cedilla=¸|onesuperior=¹|ordmasculine=º|guillemotright=»|onequarter=¼|onehalf=½|threequarters=¾|` +
	`questiondown=¿|AE=Æ|ae=æ|Eth=Ð|eth=ð|multiply=×|divide=÷|Oslash=Ø|oslash=ø|Thorn=Þ|thorn=þ|germandbls=ß|OE=Œ|oe=œ|` +
	`dotlessi=ı|Lslash=Ł|lslash=ł|Dcroat=Đ|dcroat=đ|endash=–|emdash=—|figuredash=‒|quotesinglbase=‚|quotedblleft=“|quotedblright=”|` +
	`quotedblbase=„|dagger=†|daggerdbl=‡|bullet=•|ellipsis=…|perthousand=‰|guilsinglleft=‹|guilsinglright=›|fraction=⁄|Euro=€|euro=€|` +
	`trademark=™|florin=ƒ|fi=fi|fl=fl|ff=ff|ffi=ffi|ffl=ffl|nbspace= |nonbreakingspace= |hyphentwo=‐|nonbreakinghyphen=‑|tilde=˜|circumflex=ˆ|` +
	`arrowleft=←|arrowright=→|arrowup=↑|arrowdown=↓|checkmark=✓|notequal=≠|lessequal=≤|greaterequal=≥|infinity=∞|approxequal=≈`

// glyphNames are what glyphs show, by their names.
var glyphNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(otherGlyphs, "|") {
		if name, text, ok := strings.Cut(pair, "="); ok {
			out[name] = text
		}
	}
	for c := 'A'; c <= 'z'; c++ {
		if c > 'Z' && c < 'a' {
			continue
		}
		for name, mark := range glyphMarks {
			s := norm.NFC.String(string(c) + string(mark))
			if utf8.RuneCountInString(s) == 1 {
				out[string(c)+name] = s
			}
		}
	}
	return out
})

// mostFont is how much of a font's program is read.
const mostFont = 8 << 20

// glyphLetters finds out which letter each glyph of a TrueType font is, from the font's own map of letters.
func (f *pdfFile) glyphLetters(descriptor pdfDict) map[uint32]rune {
	s, ok := f.resolve(descriptor["FontFile2"]).(*pdfStream)
	if !ok {
		if s, ok = f.resolve(descriptor["FontFile3"]).(*pdfStream); !ok {
			return nil
		}
	}
	content, free := f.decode(s)
	defer free()
	b, _ := io.ReadAll(io.LimitReader(content, mostFont)) // a font that is cut off has no map
	if len(b) < 12 {
		return nil
	}
	for i := range int(binary.BigEndian.Uint16(b[4:])) {
		entry := 12 + 16*i
		if entry+16 > len(b) {
			return nil
		}
		if string(b[entry:entry+4]) != "cmap" {
			continue
		}
		at, n := int(binary.BigEndian.Uint32(b[entry+8:])), int(binary.BigEndian.Uint32(b[entry+12:]))
		if at < 0 || n < 4 || at+n > len(b) {
			return nil
		}
		return letterMap(b[at : at+n])
	}
	return nil
}

// letterMap turns a font's map of letters around.
func letterMap(cmap []byte) map[uint32]rune {
	out := map[uint32]rune{}
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		entry := 4 + 8*i
		if entry+8 > len(cmap) {
			break
		}
		platform := binary.BigEndian.Uint16(cmap[entry:])
		at := int(binary.BigEndian.Uint32(cmap[entry+4:]))
		if platform == 1 || at < 0 || at+16 > len(cmap) {
			continue
		}
		switch table := cmap[at:]; binary.BigEndian.Uint16(table) {
		case 4:
			segmentMap(table, out)
		case 12:
			groupMap(table, out)
		}
	}
	return out
}

// segmentMap reads a map of format 4.
func segmentMap(t []byte, out map[uint32]rune) {
	n := int(binary.BigEndian.Uint16(t[6:])) / 2
	word := func(i int) int {
		if i < 0 || i+2 > len(t) {
			return 0
		}
		return int(binary.BigEndian.Uint16(t[i:]))
	}
	for s := range n {
		end, start := word(14+2*s), word(16+2*n+2*s)
		delta, offsetAt := word(16+4*n+2*s), 16+6*n+2*s
		offset := word(offsetAt)
		for c := start; c <= end && c < 0xFFFF && len(out) < mostCodes; c++ {
			glyph := c + delta
			if offset != 0 {
				if glyph = word(offsetAt + offset + 2*(c-start)); glyph != 0 {
					glyph += delta
				}
			}
			if g := uint32(glyph & 0xFFFF); g != 0 && out[g] == 0 {
				out[g] = rune(c)
			}
		}
	}
}

// groupMap reads a map of format 12.
func groupMap(t []byte, out map[uint32]rune) {
	n := int(binary.BigEndian.Uint32(t[12:]))
	for i := range n {
		at := 16 + 12*i
		if at+12 > len(t) {
			return
		}
		start, end, glyph := binary.BigEndian.Uint32(t[at:]), binary.BigEndian.Uint32(t[at+4:]), binary.BigEndian.Uint32(t[at+8:])
		for c := start; c <= end && c <= utf8.MaxRune && len(out) < mostCodes; c++ {
			if g := glyph + c - start; g != 0 && out[g] == 0 {
				out[g] = rune(c)
			}
		}
	}
}
