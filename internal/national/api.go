// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Public is what programs without a key reach: where submissions are sent, whose signature is what shows who sends, and what has been
// published.
type Public struct {
	Service *Service
	// Base is the address that readers use, and Texts what the description is written with.
	Base  string
	Texts *locale.Bundle
}

// The addresses of open data.
const (
	openPath   = "/oppna-data"
	koladaPath = openPath + "/v3"
)

// Routes registers the addresses.
func (p *Public) Routes(s *web.Site) {
	s.Machine("POST "+SubmitPath, p.receive)
	s.Machine("GET "+openPath+"/nationellt.csv", p.csv)
	s.Machine("GET "+openPath+"/nationellt.json", p.json)
	s.Machine("GET "+openPath+"/nationellt.parquet", p.parquet)
	s.Machine("GET "+openPath+"/beroenden.csv", p.dependsCSV)
	s.Machine("GET "+openPath+"/beroenden.json", p.dependsJSON)
	s.Machine("GET "+openPath+"/dcat.jsonld", p.dcat)
	p.koladaRoutes(s)
}

// koladaRoutes registers the addresses that a client of Kolada asks.
func (p *Public) koladaRoutes(s *web.Site) {
	s.Machine("GET "+koladaPath+"/municipality", p.places)
	s.Machine("GET "+koladaPath+"/municipality/{municipality}", p.places)
	s.Machine("GET "+koladaPath+"/kpi_groups", p.areas)
	s.Machine("GET "+koladaPath+"/kpi_groups/{group}", p.areas)
	s.Machine("GET "+koladaPath+"/ou", units[KoladaUnit](p))
	s.Machine("GET "+koladaPath+"/ou/{ou}", units[KoladaUnit](p))
	s.Machine("GET "+koladaPath+"/oudata/kpi/{kpi}/ou/{ou}", units[KoladaUnitValue](p))
	s.Machine("GET "+koladaPath+"/oudata/kpi/{kpi}/ou/{ou}/year/{year}", units[KoladaUnitValue](p))
	s.Machine("GET "+koladaPath+"/oudata/kpi/{kpi}/year/{year}", units[KoladaUnitValue](p))
	s.Machine("GET "+koladaPath+"/oudata/ou/{ou}/year/{year}", units[KoladaUnitValue](p))
	s.Machine("GET "+koladaPath+"/municipality_groups", p.groups)
	s.Machine("GET "+koladaPath+"/municipality_groups/{group}", p.groups)
	s.Machine("GET "+koladaPath+"/kpi", p.measures)
	s.Machine("GET "+koladaPath+"/kpi/{kpi}", p.measures)
	s.Machine("GET "+koladaPath+"/data/kpi/{kpi}/year/{year}", p.values)
	s.Machine("GET "+koladaPath+"/data/kpi/{kpi}/municipality/{municipality}", p.values)
	s.Machine("GET "+koladaPath+"/data/kpi/{kpi}/municipality/{municipality}/year/{year}", p.values)
	s.Machine("GET "+koladaPath+"/data/municipality/{municipality}/year/{year}", p.values)
}

// receive takes one submission.
func (p *Public) receive(c *web.Context) error {
	actor, err := p.Service.receiver(c.Context())
	if err != nil {
		return gone(err)
	}
	got, failed := p.Service.Receive(c.Context(), actor, []Incoming{Read("http", posted{c.Request.Body})})
	if failed != nil {
		return failed
	}
	if len(got.Rejected) == 0 {
		return c.JSON(got)
	}
	b, err := json.Marshal(got)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if got.TooLarge() {
		status = http.StatusRequestEntityTooLarge
	}
	return c.Text(status, string(b))
}

// posted is what a program sends. That it is larger than the site takes is told as of any submission that is too large.
type posted struct{ io.Reader }

// Read reads on.
func (p posted) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		err = ErrTooLarge
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}

// gone answers where nothing is received or published.
func gone(err error) error {
	if errors.Is(err, ErrNobodyReceives) {
		return &web.Error{Status: http.StatusNotFound, Key: "national.nobody-receives", Err: err}
	}
	return err
}

func (p *Public) open(c *web.Context, w Wanted) (Open, error) {
	actor, err := p.Service.receiver(c.Context())
	if err != nil {
		return Open{}, gone(err)
	}
	return p.Service.Open(c.Context(), actor, w)
}

func (p *Public) json(c *web.Context) error {
	o, err := p.open(c, Wanted{})
	if err != nil {
		return err
	}
	return c.JSON(koladaList(o.Rows()))
}

func (p *Public) csv(c *web.Context) error {
	return p.file(c, "nationellt.csv", "text/csv; charset=utf-8", WriteCSV)
}

func (p *Public) parquet(c *web.Context) error {
	return p.file(c, "nationellt.parquet", parquetMedia, WriteParquet)
}

// parquetMedia is the media type of Parquet.
const parquetMedia = "application/vnd.apache.parquet"

// file gives open data in one form.
func (p *Public) file(c *web.Context, name, media string, write func(io.Writer, []Row) error) error {
	o, err := p.open(c, Wanted{})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write(&b, o.Rows()); err != nil {
		return err
	}
	return c.Attachment(name, media, b.Bytes())
}

// split reads a list in an address; nothing is all.
func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (p *Public) measures(c *web.Context) error {
	list := KoladaMeasures(p.Service.Engine, c.Query("title"), split(c.Path("kpi")))
	invented, err := p.invented(c)
	if err != nil {
		return err
	}
	if invented {
		inventedMeasures(list)
	}
	return paged(p, c, list)
}

func (p *Public) places(c *web.Context) error {
	return paged(p, c, KoladaPlaces(p.Service.Engine.Catalogue, c.Query("title"), split(c.Path("municipality"))))
}

// invented reports whether what is published here is invented. Where nothing is, the lists of what there could be are as they are.
func (p *Public) invented(c *web.Context) (bool, error) {
	actor, err := p.Service.receiver(c.Context())
	if errors.Is(err, ErrNobodyReceives) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return p.Service.invented(c.Context(), actor)
}

// areas are the areas of indicators as groups of measures, in Swedish as all titles here.
func (p *Public) areas(c *web.Context) error {
	name := func(area string) string { return p.Texts.In("sv").T("followup.area-" + area) }
	list := KoladaAreas(p.Service.Engine, name, c.Query("title"), split(c.Path("group")))
	invented, err := p.invented(c)
	if err != nil {
		return err
	}
	if invented {
		inventedMembers(list)
	}
	return paged(p, c, list)
}

// units answers that there are none: nothing is published of the units of a municipality, and a client is told so in its own words.
func units[T any](p *Public) func(*web.Context) error {
	return func(c *web.Context) error { return paged(p, c, koladaList[T](nil)) }
}

func (p *Public) groups(c *web.Context) error {
	return paged(p, c, KoladaGroups(p.Service.Engine.Catalogue, c.Query("title"), split(c.Path("group"))))
}

// paged answers with the page of a list that is asked for, and says where the next one is.
func paged[T any](p *Public, c *web.Context, l KoladaList[T]) error {
	page, _ := strconv.Atoi(c.Query("page")) // what is no number is the first page, and one of the usual size
	size, _ := strconv.Atoi(c.Query("per_page"))
	return c.JSON(l.Page(page, size, func(n int) string {
		q := c.Request.URL.Query()
		q.Set("page", strconv.Itoa(n))
		return p.Base + c.Request.URL.EscapedPath() + "?" + q.Encode()
	}))
}

func (p *Public) values(c *web.Context) error {
	var years []int
	for _, y := range split(c.Path("year")) {
		n, err := strconv.Atoi(y)
		if err != nil {
			return &web.Error{Status: http.StatusNotFound, Key: "national.no-year", Err: err}
		}
		years = append(years, n)
	}
	measures := split(c.Path("kpi"))
	places := split(c.Path("municipality"))
	w := Wanted{Years: years, Places: places, Ungrouped: true}
	for _, m := range measures {
		indicator, _, _ := strings.Cut(m, ".")
		w.Indicators = append(w.Indicators, indicator)
	}
	o, err := p.open(c, w)
	if err != nil {
		return err
	}
	return paged(p, c, o.Kolada(measures, places, years))
}

// dependsRows are the rows of what municipalities depend on.
func (p *Public) dependsRows(c *web.Context) ([]DependenceRow, error) {
	actor, err := p.Service.receiver(c.Context())
	if err != nil {
		return nil, gone(err)
	}
	o, err := p.Service.OpenConcentration(c.Context(), actor)
	return o.Dependences(), err
}

func (p *Public) dependsJSON(c *web.Context) error {
	rows, err := p.dependsRows(c)
	if err != nil {
		return err
	}
	return c.JSON(koladaList(rows))
}

func (p *Public) dependsCSV(c *web.Context) error {
	rows, err := p.dependsRows(c)
	if err != nil {
		return err
	}
	return attachDependences(c, "beroenden.csv", rows)
}
