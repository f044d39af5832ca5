package console

import "github.com/kassa-pos/kassa/pos/catalog"

// place is a page of the office: everything beside the sale.
type place struct {
	At, Href, Icon, Title string // Title is a message's key
	there                 func(s *screen) bool
}

// places are the office's rail, from the top. A page of its own beneath one of
// them names that one when it draws the rail.
var places = []place{
	{At: "sale", Href: "/sale", Icon: "back", Title: "docs.sale"},
	{At: "shift", Href: "/shift", Icon: "shift", Title: "act.shift"},
	{At: "documents", Href: "/documents", Icon: "documents", Title: "act.documents"},
	{At: "reports", Href: "/reports", Icon: "chart", Title: "reports.title", there: func(s *screen) bool { return s.reports }},
	{At: "sync", Href: "/sync", Icon: "exchange", Title: "sync.title", there: (*screen).Exchanges},
	{At: "kkt", Href: "/kkt", Icon: "printer", Title: "strip.kkt"},
	{At: "journal", Href: "/journal", Icon: "book", Title: "journal.title"},
	{At: "reconcile", Href: "/reconcile", Icon: "scales", Title: "compare.title"},
	{At: "settings", Href: "/settings", Icon: "sliders", Title: "settings.title", there: (*screen).HasSettings},
	{At: "users", Href: "/users", Icon: "person", Title: "users.title", there: (*screen).Users},
	{At: "updates", Href: "/updates", Icon: "update", Title: "updates.title", there: func(s *screen) bool { return s.updates != nil }},
	{At: "service", Href: "/service", Icon: "wrench", Title: "service.title"},
}

// Places are those that this till has.
func (s *screen) Places() (all []place) {
	for _, p := range places {
		if p.there == nil || p.there(s) {
			all = append(all, p)
		}
	}
	return all
}

// May tells whether the person at the till may do something without asking.
func (s *screen) May(p catalog.Permission) bool {
	for _, may := range s.V.Permissions {
		if may == p {
			return true
		}
	}
	return false
}
