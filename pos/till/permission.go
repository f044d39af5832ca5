package till

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Permissions. Every command that not everybody may give names its permission
// here, and is refused in one place before anything else is looked at. A
// cashier without it may let somebody who has it approve: that person's PIN
// lets through the next one command that needs it, within approvedFor, and
// only once it has begun; a command that is refused for another reason leaves
// the approval where it is. Both names go into the journal.

// approvedFor is how long an approval waits for its command.
const approvedFor = 2 * time.Minute

// approval is somebody's word for one command of another cashier.
type approval struct {
	by    catalog.Cashier
	until time.Time
}

// needs is the permission a command needs; "": everybody may.
func (t *turn) needs(ev Event) catalog.Permission {
	switch e := ev.(type) {
	case VoidLine:
		return catalog.MayVoidLine
	case SetQty:
		if i := t.cart.Find(e.Line); i >= 0 && e.Qty < t.cart.Lines[i].Qty {
			return catalog.MayVoidLine
		}
	case VoidCheque:
		return catalog.MayVoidCheque
	case SetPrice:
		return catalog.MayPrice
	case AdjustLine:
		if e.Percent != 0 || e.Sum != 0 {
			return catalog.MayDiscount
		}
	case AdjustCheque:
		if e.Percent != 0 || e.Sum != 0 {
			return catalog.MayDiscount
		}
	case SpendBonus:
		return catalog.MayBonus
	case Exchange:
		if e.Sale == uuid.Nil {
			return catalog.MayReturnFree
		}
		return catalog.MayReturn
	case Return:
		return catalog.MayReturn
	case TakeBack:
		return catalog.MayReturnFree
	case Allow:
		return e.Permission
	case NoSale:
		return catalog.MayDrawer
	case Correct:
		return catalog.MayCorrect
	case CashIn:
		return catalog.MayCashIn
	case CashOut:
		return catalog.MayCashOut
	case Abandon:
		return catalog.MayAbandon
	case Choose:
		return needsChoice(e)
	case Buy:
		return catalog.MayBuy
	case BeginStock, CancelStock, FinishStock:
		return catalog.MayStock
	case SetPromotions:
		return catalog.MayPromotions
	case AcceptFN:
		return catalog.MayAcceptFN
	}
	return ""
}

// mayBeOut lists what a till without a logged-in cashier allows: a cheque is
// filled and thrown away without one, only money and documents are somebody's.
func mayBeOut(p catalog.Permission) bool {
	return p == catalog.MayVoidLine || p == catalog.MayVoidCheque
}

// may tells why nobody who may do something is here; nil: somebody is, and who
// approved it when it was not the cashier.
func (t *turn) may(p catalog.Permission) (*catalog.Cashier, *fault.Error) {
	switch {
	case p == "":
		return nil, nil
	case t.cashier == nil && mayBeOut(p):
		return nil, nil
	case t.cashier == nil:
		return nil, fault.New(fault.LoginRequired)
	case t.store.May(t.cashier.Role, p):
		return nil, nil
	}
	if a := t.approval; a != nil && t.env.Now.Before(a.until) && t.store.May(a.by.Role, p) {
		return &a.by, nil
	}
	return nil, fault.New(fault.LoginSenior, fault.Named(permissionName(p)))
}

// permissionName is the text that names a permission.
func permissionName(p catalog.Permission) fault.Code { return fault.Code("may." + string(p)) }

// command carries out a person's command that may need a permission.
func (t *turn) command(ev Event) {
	p := t.needs(ev)
	if t.madeLately(ev) {
		p = "" // it happens no second time
	}
	by, err := t.may(p)
	if err != nil {
		t.reply(reqOf(ev), err)
		return
	}
	t.by = by
	t.handle(ev)
	if by != nil && !t.refusedIn(reqOf(ev)) {
		d := t.auditWho()
		d.Permission, d.Cheque = string(p), idText(t.cart.ID)
		t.audit(auditApproval, d, uuid.Nil)
		t.approval = nil
	}
}

// refusedIn tells whether this turn has refused a request.
func (t *turn) refusedIn(req Req) bool {
	for _, e := range t.fx {
		if r, ok := e.(Reply); ok && r.Req == req && r.Err != nil {
			return true
		}
	}
	return false
}

// approve keeps the word of somebody whose PIN was right. Who may nothing the
// cashier may not has nothing to approve.
func (t *turn) approve(req Req, by catalog.Cashier) {
	if t.cashier == nil {
		t.reply(req, fault.New(fault.LoginRequired))
		return
	}
	more := false
	for _, p := range catalog.Permissions() {
		more = more || (t.store.May(by.Role, p) && !t.store.May(t.cashier.Role, p))
	}
	if !more || by.ID == t.cashier.ID {
		t.reply(req, fault.New(fault.LoginApprover, by.Name))
		return
	}
	by.PINHash = ""
	t.approval = &approval{by: by, until: t.env.Now.Add(approvedFor)}
	d := t.auditWho()
	d.ApproverID, d.Approver = by.ID, by.Name
	t.audit(auditApprove, d, uuid.Nil)
	t.reply(req, nil)
}

// ApprovalView is somebody's word for the cashier's next command.
type ApprovalView struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"`
}

// viewApproval shows an approval that still waits.
func (s *State) viewApproval(now time.Time) *ApprovalView {
	if s.approval == nil || !now.Before(s.approval.until) {
		return nil
	}
	return &ApprovalView{By: s.approval.by.Name, Until: s.approval.until}
}

// permissions are what the logged-in cashier may do without asking anybody.
func (s *State) permissions() []catalog.Permission {
	all := []catalog.Permission{}
	if s.cashier == nil {
		return all
	}
	for _, p := range catalog.Permissions() {
		if s.store.May(s.cashier.Role, p) {
			all = append(all, p)
		}
	}
	return all
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
