// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
)

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {white, ownBrand, 9.8}} {
		if got := ratio(c.a, c.b); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestLookCheck(t *testing.T) {
	for name, c := range map[string]struct {
		look   Look
		fields []string
	}{
		"own":         {Look{}, nil},
		"dark red":    {Look{Brand: "#7A1020", Brand2: "#500812", Tint: "#f8e6e8"}, nil},
		"yellow":      {Look{Brand: "#ffcc00"}, []string{"brand", "brand", "tint"}},
		"dark tint":   {Look{Tint: "#445566"}, []string{"tint", "tint"}},
		"no colour":   {Look{Brand: "red", Tint: "url(x)"}, []string{"brand", "tint"}},
		"break out":   {Look{Brand: "#000000}body{display:none"}, []string{"brand"}},
		"too long":    {Look{Brand2: "#1234567"}, []string{"brand2"}},
		"alpha":       {Look{Brand2: "#12345678"}, []string{"brand2"}},
		"not hex":     {Look{Brand2: "#12345g"}, []string{"brand2"}},
		"pale hover":  {Look{Brand2: "#99aabb"}, []string{"brand2"}},
		"upper case":  {Look{Brand: "#0E4B4F"}, nil},
		"middle grey": {Look{Brand: "#767676"}, []string{"brand", "tint"}}, // on white it can be read, on the ground and the tint not
	} {
		var got []string
		for _, err := range c.look.Check() {
			var clash *Clash
			var bad *ColourError
			switch {
			case errors.As(err, &clash):
				got = append(got, clash.Field)
			case errors.As(err, &bad):
				got = append(got, bad.Field)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.fields, " ") {
			t.Errorf("%s: faults in %v, want %v", name, got, c.fields)
		}
	}
	hostile := Look{Brand: "#000000}body{display:none", Logo: "x"}
	if css := hostile.CSS(); strings.Contains(css, "display:none}body") || strings.Contains(css, "}body") {
		t.Errorf("a colour that is none came into the style sheet: %s", css)
	}
}

// picture makes a PNG of noise.
func picture(t *testing.T, side int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	r := rand.New(rand.NewPCG(1, 2))
	for x := range side {
		for y := range side {
			m.Set(x, y, color.RGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSaveLook(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		a, other := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "sorsjo")
		a.Roles, other.Roles = []access.Role{access.Administrator}, []access.Role{access.Administrator}
		good := picture(t, 32)
		with := append(bytes.Clone(good), "<script>alert(1)</script>"...) // after the picture's end
		save := NewLook{Look: Look{Name: " Norrsjö ", Brand: "#7a1020", Contact: "kommun@norrsjo.example"}, File: with}
		if err := s.SaveLook(t.Context(), a, save); err != nil {
			t.Fatal(err)
		}
		got, err := s.Look(t.Context(), a)
		if err != nil || got.Name != "Norrsjö" || got.Brand != "#7a1020" || got.Logo == "" {
			t.Fatalf("%+v, %v", got, err)
		}
		body, err := got.picture()
		if err != nil || bytes.Contains(body, []byte("script")) {
			t.Errorf("the logo keeps what was hidden behind the picture (%v)", err)
		}
		shown, err := s.shown(t.Context(), a.Organisation)
		if err != nil || shown.Version() != got.Version() {
			t.Errorf("pages are drawn with another look (%v)", err)
		}
		if theirs, err := s.shown(t.Context(), other.Organisation); err != nil || theirs.Own() {
			t.Errorf("another organisation got the look (%v)", err)
		}
		save.File, save.Look.Contact = nil, ""
		if err := s.SaveLook(t.Context(), a, save); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.shown(t.Context(), a.Organisation); err != nil || kept.Logo != got.Logo || kept.Contact != "" {
			t.Errorf("the logo was lost, or an old look is shown (%v)", err)
		}
		save.RemoveLogo = true
		if err := s.SaveLook(t.Context(), a, save); err != nil {
			t.Fatal(err)
		}
		if bare, err := s.Look(t.Context(), a); err != nil || bare.Logo != "" {
			t.Errorf("the logo was not removed (%v)", err)
		}
		for name, c := range map[string]struct {
			in   NewLook
			want error
		}{
			"no name":   {NewLook{}, ErrName},
			"long":      {NewLook{Look: Look{Name: "N", Contact: strings.Repeat("x", MaxContact+1)}}, ErrLong},
			"no logo":   {NewLook{Look: Look{Name: "N"}, File: []byte("<svg onload=alert(1)>")}, ErrLogo},
			"cut":       {NewLook{Look: Look{Name: "N"}, File: good[:60]}, ErrLogo},
			"too large": {NewLook{Look: Look{Name: "N"}, File: picture(t, 200)}, ErrLogoSize},
			"colour":    {NewLook{Look: Look{Name: "N", Brand: "blue"}}, ErrColour},
		} {
			if err := s.SaveLook(t.Context(), a, c.in); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		reader := a
		reader.Roles = []access.Role{access.Auditor}
		if err := s.SaveLook(t.Context(), reader, save); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an auditor changed the look: %v", err)
		}
	})
}

// TestLogoWidth keeps a logo 2 rem high unless that makes it wider than the menu has room for.
func TestLogoWidth(t *testing.T) {
	for want, size := range map[string]image.Point{"width:2.00rem": {X: 64, Y: 64}, "width:6.25rem": {X: 200, Y: 64}, "width:7.00rem": {X: 900, Y: 64}, "width:1.00rem": {X: 8, Y: 64}} {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rectangle{Max: size})); err != nil {
			t.Fatal(err)
		}
		look := Look{Logo: base64.StdEncoding.EncodeToString(b.Bytes())}
		if css := look.CSS(); !strings.Contains(css, want) {
			t.Errorf("%v: %s", size, css)
		}
	}
}
