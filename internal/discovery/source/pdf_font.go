// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// pdfFont turns the codes of a string into letters, and knows how wide they are.
type pdfFont struct {
	name string
	// wide says that codes have two bytes, or what the code map says.
	wide bool
	// utf16 says that the codes are UTF-16.
	utf16 bool
	// simple are the letters of the codes of one byte.
	simple [256]string
	// unicode tells the letters of codes; it goes before everything else.
	unicode *pdfCMap
	// encoding tells which glyph a code is.
	encoding *pdfCMap
	// glyphs tells the letters of glyphs, from the font's own program.
	glyphs map[uint32]rune
	widths map[uint32]float64
	one    [256]float64
	normal float64
	// unknown counts codes that cannot be turned into letters, in the whole file.
	unknown *int
}

// pdfCMap maps codes to letters or glyphs.
type pdfCMap struct {
	spaces []cmapSpace
	single map[uint32]string
	ranges []cmapRange
}

// cmapSpace are the codes of some number of bytes.
type cmapSpace struct {
	bytes     int
	low, high uint32
}

// cmapRange are codes that follow each other, and so do what they stand for.
type cmapRange struct {
	low, high, number uint32
	text              string
}

// mostCodes is how many codes of a map are kept.
const mostCodes = 1 << 17

// readCMap reads a code map.
func readCMap(content io.Reader) *pdfCMap {
	b, _ := io.ReadAll(io.LimitReader(content, 4<<20)) // what is cut off maps what it maps
	m := &pdfCMap{single: map[uint32]string{}}
	l := pdfLex{b: b, end: true}
	var stack []any
	for {
		o, err := l.object(0)
		if err != nil {
			break
		}
		w, ok := o.(pdfWord)
		if !ok {
			if stack = append(stack, o); len(stack) > 1<<16 {
				stack = stack[:0]
			}
			continue
		}
		m.operator(string(w), stack)
		stack = stack[:0]
	}
	sort.Slice(m.ranges, func(i, j int) bool { return m.ranges[i].low < m.ranges[j].low })
	return m
}

func (m *pdfCMap) operator(word string, stack []any) {
	if len(m.single)+len(m.ranges) > mostCodes {
		return
	}
	switch word {
	case "endcodespacerange":
		for i := 0; i+1 < len(stack); i += 2 {
			low, n := cmapCode(stack[i])
			high, _ := cmapCode(stack[i+1])
			m.spaces = append(m.spaces, cmapSpace{n, low, high})
		}
	case "endbfchar":
		for i := 0; i+1 < len(stack); i += 2 {
			code, _ := cmapCode(stack[i])
			if text, ok := stack[i+1].(pdfText); ok {
				m.single[code] = cmapText(text)
			}
		}
	case "endbfrange":
		for i := 0; i+2 < len(stack); i += 3 {
			m.bfrange(stack[i], stack[i+1], stack[i+2])
		}
	case "endcidrange":
		for i := 0; i+2 < len(stack); i += 3 {
			low, _ := cmapCode(stack[i])
			high, _ := cmapCode(stack[i+1])
			n, _ := stack[i+2].(float64)
			m.ranges = append(m.ranges, cmapRange{low: low, high: high, number: uint32(max(n, 0))})
		}
	case "endcidchar":
		for i := 0; i+1 < len(stack); i += 2 {
			code, _ := cmapCode(stack[i])
			n, _ := stack[i+1].(float64)
			m.ranges = append(m.ranges, cmapRange{low: code, high: code, number: uint32(max(n, 0))})
		}
	}
}

func (m *pdfCMap) bfrange(from, to, what any) {
	low, _ := cmapCode(from)
	high, _ := cmapCode(to)
	switch v := what.(type) {
	case pdfText:
		m.ranges = append(m.ranges, cmapRange{low: low, high: high, text: cmapText(v)})
	case pdfArray:
		for i, o := range v {
			if text, ok := o.(pdfText); ok && len(m.single) < mostCodes {
				m.single[low+uint32(i)] = cmapText(text)
			}
		}
	}
}

func cmapCode(o any) (code uint32, bytes int) {
	b, _ := o.(pdfText)
	for _, c := range b {
		code = code<<8 | uint32(c)
	}
	return code, len(b)
}

// cmapText reads UTF-16 with the high byte first.
func cmapText(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	if len(b) == 1 {
		u = []uint16{uint16(b[0])}
	}
	text := string(utf16.Decode(u))
	if len(u) == 1 && u[0] >= 0xFB00 && u[0] <= 0xFB06 { // letters that are written together are still letters
		return norm.NFKC.String(text)
	}
	return text
}

// find gives the range that a code is in.
func (m *pdfCMap) find(code uint32) (*cmapRange, bool) {
	i := sort.Search(len(m.ranges), func(i int) bool { return m.ranges[i].low > code }) - 1
	for ; i >= 0 && code-m.ranges[i].low < 1<<16; i-- { // they seldom lie over each other
		if r := &m.ranges[i]; code <= r.high {
			return r, true
		}
		if code-m.ranges[i].low > 1<<8 {
			break
		}
	}
	return nil, false
}

// append appends the letters of a code.
func (m *pdfCMap) append(dst []byte, code uint32) ([]byte, bool) {
	if s, ok := m.single[code]; ok {
		return append(dst, s...), s != ""
	}
	r, ok := m.find(code)
	if !ok || r.text == "" {
		return dst, false
	}
	if code == r.low {
		return append(dst, r.text...), true
	}
	last, n := utf8.DecodeLastRuneInString(r.text)
	dst = append(dst, r.text[:len(r.text)-n]...)
	return utf8.AppendRune(dst, last+rune(code-r.low)), true
}

// next cuts the next code from a string.
func (m *pdfCMap) next(b []byte) (code uint32, n int) {
	for n = 1; n <= min(len(b), 4); n++ {
		code = code<<8 | uint32(b[n-1])
		for _, s := range m.spaces {
			if s.bytes == n && code >= s.low && code <= s.high {
				return code, n
			}
		}
	}
	if len(b) >= 2 {
		return uint32(b[0])<<8 | uint32(b[1]), 2
	}
	return uint32(b[0]), 1
}

// font reads a font.
func (f *pdfFile) font(o any) *pdfFont {
	ref, isRef := o.(pdfRef)
	if isRef {
		if font, ok := f.fonts[ref.number]; ok {
			return font
		}
	}
	font := f.readFont(f.dict(o))
	if isRef {
		if len(f.fonts) >= keptFonts {
			clear(f.fonts)
		}
		f.fonts[ref.number] = font
	}
	return font
}

func (f *pdfFile) readFont(d pdfDict) *pdfFont {
	font := &pdfFont{unknown: &f.unknown, normal: 1000, name: f.name(d["BaseFont"])}
	if s, ok := f.resolve(d["ToUnicode"]).(*pdfStream); ok {
		content, free := f.decode(s)
		font.unicode = readCMap(content)
		free()
	}
	if f.name(d["Subtype"]) == "Type0" {
		f.readWide(font, d)
		return font
	}
	f.readSimple(font, d)
	return font
}

// readWide reads a font whose codes have several bytes.
func (f *pdfFile) readWide(font *pdfFont, d pdfDict) {
	font.wide = true
	switch e := f.resolve(d["Encoding"]).(type) {
	case *pdfStream:
		content, free := f.decode(e)
		font.encoding = readCMap(content)
		free()
	case pdfName:
		font.utf16 = strings.Contains(string(e), "UTF16") || strings.Contains(string(e), "UCS2")
	}
	descendants := f.array(d["DescendantFonts"])
	if len(descendants) == 0 {
		return
	}
	cid := f.dict(descendants[0])
	font.normal = f.number(cid["DW"], 1000)
	font.widths = map[uint32]float64{}
	w := f.array(cid["W"])
	for i := 0; i+1 < len(w) && len(font.widths) < mostCodes; {
		first := uint32(max(f.number(w[i], 0), 0))
		if list, ok := f.resolve(w[i+1]).(pdfArray); ok {
			for j, v := range list {
				font.widths[first+uint32(j)] = f.number(v, font.normal)
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			break
		}
		last, width := uint32(max(f.number(w[i+1], 0), 0)), f.number(w[i+2], font.normal)
		for c := first; c <= last && c-first < 1<<16; c++ {
			font.widths[c] = width
		}
		i += 3
	}
	if font.unicode == nil && !font.utf16 {
		font.glyphs = f.glyphLetters(f.dict(cid["FontDescriptor"]))
	}
}

// readSimple reads a font whose codes have one byte.
func (f *pdfFile) readSimple(font *pdfFont, d pdfDict) {
	base, differences := charmap.Windows1252, pdfArray{}
	encoding := f.resolve(d["Encoding"])
	if e, ok := encoding.(pdfDict); ok {
		differences = f.array(e["Differences"])
		encoding = f.resolve(e["BaseEncoding"])
	}
	if encoding == pdfName("MacRomanEncoding") {
		base = charmap.Macintosh
	}
	for i := range font.simple {
		if r := base.DecodeByte(byte(i)); r >= ' ' && r != utf8.RuneError {
			font.simple[i] = string(r)
		}
	}
	code := 0
	for _, o := range differences {
		switch v := f.resolve(o).(type) {
		case float64:
			code = int(v)
		case pdfName:
			if s := glyphText(string(v)); s != "" && code >= 0 && code < 256 {
				font.simple[code] = s
			}
			code++
		}
	}
	f.readWidths(font, d)
}

func (f *pdfFile) readWidths(font *pdfFont, d pdfDict) {
	scale := 1.0
	if f.name(d["Subtype"]) == "Type3" {
		if m := f.array(d["FontMatrix"]); len(m) > 0 {
			scale = f.number(m[0], 0.001) * 1000
		}
	}
	font.normal = f.number(f.dict(d["FontDescriptor"])["MissingWidth"], 0) * scale
	first, widths := int(f.number(d["FirstChar"], 0)), f.array(d["Widths"])
	for i := range font.one {
		font.one[i] = font.normal
		if len(widths) == 0 {
			font.one[i] = standardWidth(font.name, byte(i))
		}
	}
	for i, w := range widths {
		if c := first + i; c >= 0 && c < 256 {
			font.one[c] = f.number(w, 0) * scale
		}
	}
}

// standardWidth is about how wide a letter of one of the fonts is that every reader has.
func standardWidth(name string, c byte) float64 {
	switch {
	case strings.Contains(name, "Courier"):
		return 600
	case strings.IndexByte(" .,iljtfI", c) >= 0:
		return 278
	case strings.IndexByte("-r()", c) >= 0:
		return 333
	case c >= 'A' && c <= 'Z':
		return 690
	}
	return 545
}

// glyphText is what a glyph with a name shows.
func glyphText(name string) string {
	base, _, _ := strings.Cut(name, ".")
	if s, ok := glyphNames()[base]; ok {
		return s
	}
	if len(base) == 1 {
		return base
	}
	for _, prefix := range []string{"uni", "u"} {
		digits, ok := strings.CutPrefix(base, prefix)
		if !ok || len(digits) < 4 || len(digits) > 6 {
			continue
		}
		if n, err := strconv.ParseUint(digits, 16, 32); err == nil && n <= utf8.MaxRune {
			return string(rune(n))
		}
	}
	return ""
}

// width is how wide a code's glyph is, in thousandths of the size.
func (font *pdfFont) width(code, glyph uint32) float64 {
	if !font.wide {
		return font.one[code&0xFF]
	}
	if w, ok := font.widths[glyph]; ok {
		return w
	}
	return font.normal
}

// next cuts a code from a string, and gives how many bytes it takes and which glyph it is.
func (font *pdfFont) next(b []byte) (code, glyph uint32, n int) {
	if !font.wide {
		return uint32(b[0]), uint32(b[0]), 1
	}
	if font.encoding != nil && len(font.encoding.spaces) > 0 {
		code, n = font.encoding.next(b)
		glyph = code
		if r, ok := font.encoding.find(code); ok {
			glyph = r.number + code - r.low
		}
		return code, glyph, n
	}
	if len(b) == 1 {
		return uint32(b[0]), uint32(b[0]), 1
	}
	code = uint32(b[0])<<8 | uint32(b[1])
	return code, code, 2
}

// append appends the letters of a code.
func (font *pdfFont) append(dst []byte, code, glyph uint32) []byte {
	if font.unicode != nil {
		if out, ok := font.unicode.append(dst, code); ok {
			return out
		}
	}
	switch {
	case !font.wide:
		if s := font.simple[code&0xFF]; s != "" {
			return append(dst, s...)
		}
	case font.utf16:
		return utf8.AppendRune(dst, rune(code))
	default:
		if r, ok := font.glyphs[glyph]; ok {
			return utf8.AppendRune(dst, r)
		}
	}
	if font.unicode == nil {
		*font.unknown++
	}
	return dst
}
