package console

import (
	"io/fs"
	"net/http"
	"regexp"
	"slices"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/qty"
)

// The page of the design system shows every part that pages are made of, in
// every state and in both themes at once. It is there on a bench only.

// designView is what the page shows, besides what its template spells out.
type designView struct {
	Colours []string // names of the tokens
	Texts   []string
	Lines   []lineView
	Chips   []chip
	Plot    *plot
	Icons   []string
}

func (c *Console) designRoutes(m *router) {
	if c.o.Bench {
		m.HandleFunc("GET /design", c.designPage)
	}
}

func (c *Console) designPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "design", "design.title", func(p *pageData) (err error) {
		p.Design, err = p.design()
		return err
	})
}

var (
	colourToken = regexp.MustCompile(`(?m)^  --([\w-]+): (?:light-dark\(|#)`)
	textToken   = regexp.MustCompile(`(?m)^  --text-([\w-]+):`)
)

func (s *screen) design() (*designView, error) {
	css, err := fs.ReadFile(assetFiles, "assets/css/tokens.css")
	if err != nil {
		return nil, err
	}
	d := &designView{Chips: []chip{{"cloud", s.loc.must("strip.cloud.on"), "good", false}, {"printer", s.loc.must("strip.kkt"), "", false},
		{"queue", s.loc.must("strip.queue", 11), "warn", false}, {"printer", s.loc.must("strip.kkt.paper"), "stop", false}}}
	for _, m := range colourToken.FindAllStringSubmatch(string(css), -1) {
		d.Colours = append(d.Colours, m[1])
	}
	for _, m := range textToken.FindAllStringSubmatch(string(css), -1) {
		d.Texts = append(d.Texts, m[1])
	}
	for name := range icons {
		d.Icons = append(d.Icons, name)
	}
	slices.Sort(d.Icons)
	name := s.loc.must("design.item")
	for i, l := range []doc.Line{
		{Name: name, Qty: qty.One, Unit: "шт", Price: 64_90, BasePrice: 64_90, Gross: 64_90, Total: 64_90, Rate: "10"},
		{Name: name, Qty: 745, Unit: "кг", Price: 134_90, BasePrice: 149_90, Gross: 111_68, Discount: 11_18, Total: 100_50, Rate: "22", Discounts: []doc.Reason{{Name: s.loc.must("terms.discount"), Sum: 11_18}}},
	} {
		v := s.line(&l, &s.V.Cheque)
		v.ID, v.Touched = []string{"design-plain", "design-touched"}[i], i == 1
		d.Lines = append(d.Lines, v)
	}
	hours := []int64{3, 5, 8, 6, 12, 9, 4, 7, 10, 11, 5, 2}
	d.Plot = designPlot(hours)
	return d, nil
}

// designPlot draws some columns.
func designPlot(heights []int64) *plot {
	p := &plot{Width: plotStep * len(heights), Zero: plotHeight}
	for i, h := range heights {
		x := plotStep*i + (plotStep-plotBar)/2
		p.Bars += column(x, plotHeight, int(h*plotHeight/slices.Max(heights)))
	}
	return p
}
