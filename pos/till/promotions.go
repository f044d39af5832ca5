package till

import (
	"slices"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
)

// The shop's own promotions come from two places: with the catalogue, and
// from a file a person gives this till. The file is kept in the journal and
// goes before the catalogue where both have a promotion of one id. Open
// cheques keep the rules they began with.

// SettingPromotions is the journal's setting that holds the till's own
// promotions, as PromotionsData.
const SettingPromotions = "promotions"

// PromotionsData is the Data of SettingPromotions.
type PromotionsData struct {
	Promotions []catalog.Promotion `json:"promotions"`
}

// setPromotions replaces the till's own promotions once they are durable.
func (t *turn) setPromotions(e SetPromotions) {
	data := encode(PromotionsData{Promotions: e.Promotions})
	_, problems := pricing.Compile(pricing.Config{Promotions: e.Promotions})
	var err *fault.Error
	switch {
	case t.cashier == nil:
		err = fault.New(fault.LoginRequired)
	case len(problems) > 0:
		err = fault.New(fault.PromotionBad, problems[0].Name, problems[0].Why)
	case len(e.Promotions) > pricing.MaxPromotions || len(data) > record.MaxData:
		err = fault.New(fault.TooLarge, "promotions")
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	who := t.auditWho()
	who.Sum = int64(len(e.Promotions))
	set := record.Entry{Kind: record.Setting, ID: t.env.NewID(), Type: SettingPromotions, Schema: 1, Data: data}
	t.job, t.phase = &bracket{req: e.Req, op: t.nextOp(), promotions: &e.Promotions}, Filing
	t.keep(t.job.op, t.auditEntry(auditPromotions, who), set)
}

// allPromotions are the catalogue's, with the till's own in place of those of
// the same id.
func (s *State) allPromotions() []catalog.Promotion {
	if len(s.own) == 0 {
		return s.promotions
	}
	all := slices.Clone(s.own)
	for _, p := range s.promotions {
		if !slices.ContainsFunc(s.own, func(mine catalog.Promotion) bool { return mine.ID == p.ID }) {
			all = append(all, p)
		}
	}
	return all
}

// PromotionView is a promotion that works at this till.
type PromotionView struct {
	catalog.Promotion
	Own bool `json:"own"` // from a file, not with the catalogue
}

// Promotions are those that work at the till.
func (v *View) Promotions() []PromotionView {
	all := make([]PromotionView, 0, len(v.promotions))
	for _, p := range v.promotions {
		all = append(all, PromotionView{Promotion: p, Own: slices.ContainsFunc(v.own, func(mine catalog.Promotion) bool { return mine.ID == p.ID })})
	}
	return all
}
