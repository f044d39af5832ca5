package catalog

import "slices"

// Permission names something not everybody at a till may do.
type Permission string

// The permissions.
const (
	MayDiscount   Permission = "discount"    // make a line or a cheque cheaper or dearer by hand
	MayPrice      Permission = "price"       // type an item's price
	MayVoidLine   Permission = "void_line"   // take a line out of the cheque, or some of its quantity
	MayVoidCheque Permission = "void_cheque" // throw a cheque away
	MayReturn     Permission = "return"      // give back what a receipt of this till sold
	MayReturnFree Permission = "return_free" // take goods back without a receipt
	MayCorrect    Permission = "correct"     // register a correction
	MayCashIn     Permission = "cash_in"     // put money into the drawer
	MayCashOut    Permission = "cash_out"    // take money out of the drawer
	MayCreate     Permission = "create"      // make goods, customers and orders
	MayDrawer     Permission = "drawer"      // open the drawer without a sale
	MayAge        Permission = "age"         // sell although the age check was not done
	MayUnmarked   Permission = "unmarked"    // sell an unmarked remainder of marked goods
	MayAbandon    Permission = "abandon"     // give up a document in doubt
	MayAcceptFN   Permission = "accept_fn"   // confirm that the fiscal storage was changed
	MayPromotions Permission = "promotions"  // load the shop's own promotions
	MayBonus      Permission = "bonus"       // spend a customer's points
	MayStock      Permission = "stock"       // make stock documents
	MayBuy        Permission = "buy"         // buy goods from a person
	MayReports    Permission = "reports"     // see what was sold, by hours, goods and cashiers
	MayService    Permission = "service"     // set the fiscal device's clock, check and copy the journal and the like
	MayUsers      Permission = "users"       // say who works at the till, as what, and with which PIN
	MaySettings   Permission = "settings"    // change the configuration and start the till anew
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{MayDiscount, MayPrice, MayVoidLine, MayVoidCheque, MayReturn, MayReturnFree, MayCorrect, MayCashIn, MayCashOut, MayCreate,
		MayDrawer, MayAge, MayUnmarked, MayAbandon, MayAcceptFN, MayPromotions, MayBonus, MayStock, MayBuy, MayReports, MayService, MayUsers, MaySettings}
}

// allowed is what each role may do where a store says nothing else: a cashier
// sells, returns and takes back his own mistakes; what hides money or goods is
// a senior's; a technician minds the devices. Who works here and what hangs
// where is the owner's and the technician's.
var allowed = map[Role][]Permission{
	RoleCashier:    {MayDiscount, MayPrice, MayVoidLine, MayVoidCheque, MayReturn, MayCashIn, MayCashOut, MayBonus},
	RoleSenior:     slices.DeleteFunc(Permissions(), func(p Permission) bool { return p == MayUsers || p == MaySettings }),
	RoleOwner:      Permissions(),
	RoleTechnician: {MayReturn, MayCorrect, MayDrawer, MayAbandon, MayAcceptFN, MayVoidLine, MayVoidCheque, MayCashIn, MayCashOut, MayService, MayUsers, MaySettings},
}

// May tells whether a role may do something in this store. Settings of the
// store go before the table; an owner may do everything. A role nobody knows
// is a cashier's.
func (s *Store) May(r Role, p Permission) bool {
	if r == RoleOwner {
		return true
	}
	if _, known := allowed[r]; !known {
		r = RoleCashier
	}
	if set, told := s.Permissions[r][p]; told {
		return set
	}
	return slices.Contains(allowed[r], p)
}
