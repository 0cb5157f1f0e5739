// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	_ "image/jpeg" // a logo may come as JPEG
	"image/png"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The limits of a logo. It is shown 32 pixels high; twice that is enough for a sharp screen.
const (
	MaxLogo       = 256 << 10 // bytes of the file that is sent
	maxLogoPixels = 4096      // on a side, so that a small file cannot become a huge picture
	maxLogoStored = 96 << 10  // bytes of the picture that is kept
)

// MaxContact caps a text of the accessibility statement, in bytes.
const MaxContact = 4000

var (
	// ErrLogo says that a file is not a picture that can be a logo.
	ErrLogo = errors.New("not a PNG or JPEG picture of at most 4096 pixels on a side")
	// ErrLogoSize says that a picture takes too much room.
	ErrLogoSize = errors.New("the picture is too large")
)

// Look is how the program looks for an organisation (Swedish: utseende): its name, its logo, and three colours. The zero value is
// Insegel's own look.
type Look struct {
	Name string `json:"-"`
	// Brand is the colour of the chosen menu entry and of primary buttons, Brand2 of those that are pressed, Tint behind what is
	// chosen; each as #rrggbb, or empty for Insegel's own.
	Brand, Brand2, Tint string
	// Logo is a PNG picture, base64; empty for Insegel's own mark.
	Logo string `json:"-"`
	// Contact is whom to tell of a page that does not work, Known which faults are known, for the accessibility statement.
	Contact, Known string
}

// Own reports whether anything is the organisation's own.
func (l *Look) Own() bool { return l.Brand != "" || l.Brand2 != "" || l.Tint != "" || l.Logo != "" }

// Version names exactly this look, so that a browser can keep it.
func (l *Look) Version() string {
	h := fnv.New64a() // tells versions apart; nothing rests on it
	for _, part := range []string{l.Brand, l.Brand2, l.Tint, l.Logo} {
		_, _ = h.Write([]byte(part + "\x00")) // a hash never fails
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

var colour = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^#[0-9a-f]{6}$`) })

// Contrast is how many times brighter the one colour must be than the other, by WCAG 2.2 (1.4.3): text of ordinary size.
const Contrast = 4.5

// Insegel's own colours that an organisation's must be read against; they stand in insegel.css.
const (
	ownBrand, ownBrand2, ownTint = "#0e4b4f", "#0a3639", "#dfeded"
	white, ground, ink           = "#ffffff", "#f5f7f5", "#14211d"
)

// pair is two colours that a text and what is behind it get.
type pair struct{ field, text, behind string }

// Clash is a pair of colours that cannot be read.
type Clash struct {
	// Field is the colour to change: brand, brand2 or tint.
	Field string
	// Text and Behind are the two, Ratio the contrast between them.
	Text, Behind string
	Ratio        float64
}

// Error says it with figures.
func (c *Clash) Error() string {
	return fmt.Sprintf("%s on %s has a contrast of %.1f, at least %.1f is needed", c.Text, c.Behind, c.Ratio, Contrast)
}

// ErrColour says that a text is not a colour as #rrggbb.
var ErrColour = errors.New("not a colour as #rrggbb")

// ColourError says which field is not a colour.
type ColourError struct{ Field string }

// Error names the field.
func (e *ColourError) Error() string { return e.Field + ": " + ErrColour.Error() }

// Unwrap makes errors.Is find ErrColour.
func (e *ColourError) Unwrap() error { return ErrColour }

// Check says what is wrong with the colours: every text that the pages write in them or on them must be readable.
func (l *Look) Check() []error {
	var out []error
	for _, f := range []struct {
		field string
		value *string
	}{{"brand", &l.Brand}, {"brand2", &l.Brand2}, {"tint", &l.Tint}} {
		*f.value = strings.ToLower(*f.value)
		if *f.value != "" && !colour().MatchString(*f.value) {
			out = append(out, &ColourError{f.field})
		}
	}
	if len(out) > 0 {
		return out
	}
	brand, brand2, tint := or(l.Brand, ownBrand), or(l.Brand2, ownBrand2), or(l.Tint, ownTint)
	for _, p := range []pair{
		{"brand", white, brand}, {"brand", brand, ground}, {"brand2", white, brand2}, {"tint", ink, tint}, {"tint", brand, tint},
	} {
		if r := ratio(p.text, p.behind); r < Contrast {
			out = append(out, &Clash{Field: p.field, Text: p.text, Behind: p.behind, Ratio: r})
		}
	}
	return out
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// ratio is the contrast between two colours by WCAG 2.2, from 1 to 21.
func ratio(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of a colour by WCAG 2.2, from 0 to 1.
func luminance(hex string) float64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		return 0
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

// CSS is the style sheet that lays the organisation's colours and logo over Insegel's own. What is not a colour is left out, so that
// nothing else can come into it.
func (l *Look) CSS() string {
	var b strings.Builder
	b.WriteString("@layer tokens{:root{")
	for _, t := range []struct{ name, value string }{{"--brand", l.Brand}, {"--brand-2", l.Brand2}, {"--brand-tint", l.Tint}, {"--link", l.Brand}} {
		if colour().MatchString(t.value) {
			b.WriteString(t.name + ":" + t.value + ";")
		}
	}
	b.WriteString("}}")
	if l.Logo != "" {
		b.WriteString(`@layer parts{.brand svg{display:none}.brand::before{content:"";flex:none;width:` + l.logoWidth() + `rem;height:2rem;background:url(` + LogoPath + `?v=` + l.Version() + `) left/contain no-repeat}.brand{flex-wrap:wrap}}`)
	}
	return b.String()
}

// logoWidth is how wide, in rem, the logo is when it is 2 rem high. A wider one than 7 rem is shown lower, to leave room for the menu.
func (l *Look) logoWidth() string {
	file, err := base64.StdEncoding.DecodeString(l.Logo)
	if err != nil {
		return "2"
	}
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || head.Height < 1 {
		return "2"
	}
	return strconv.FormatFloat(min(7, max(1, 2*float64(head.Width)/float64(head.Height))), 'f', 2, 64)
}

// readLogo makes a logo of a file: the picture is read and written anew, so that nothing but its pixels is kept.
func readLogo(file []byte) (string, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || head.Width > maxLogoPixels || head.Height > maxLogoPixels || head.Width < 1 || head.Height < 1 {
		return "", ErrLogo
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return "", ErrLogo
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, picture); err != nil {
		return "", fmt.Errorf("write logo: %w", err)
	}
	if b.Len() > maxLogoStored {
		return "", ErrLogoSize
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
