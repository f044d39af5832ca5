package till

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Audit codes, the Type of audit entries.
const (
	auditLogin      = "login"
	auditLogout     = "logout"
	auditVoidLine   = "void_line"
	auditVoidCheque = "void_cheque"
	auditLess       = "quantity_less"
	auditPrice      = "price"
	auditPromotions = "promotions"
	auditDiscount   = "discount"
	AuditRefused    = "login_refused" // a wrong PIN; Restored.Refused are its moments
	auditAbandon    = "abandon"
	auditCorrect    = "correct"
	auditTakeBack   = "return_without_receipt"
	auditNoSale     = "drawer_without_sale"
	auditFN         = "fn_accepted"
	auditDrawer     = "drawer_counted"
	// What sensors felt.
	auditDrawerForced = "drawer_opened_by_hand" // nobody at the till has asked for it
	auditCaseOpened   = "case_opened"
	auditCaseShut     = "case_shut"
	auditPowerLost    = "power_lost"
	auditPowerBack    = "power_back"

	auditPermit   = "permit_refused"
	auditUnmarked = "unmarked_sold" // a remainder of marked goods, without its code
	auditAge      = "age_checked"
	auditStock    = "stock_cancelled" // a stock document was thrown away
	auditTooYoung = "age_refused"
	auditApprove  = "approve"       // somebody's word was given..
	auditApproval = "approval_used" // ..and let a command through
)

// auditData is the Data of an audit entry.
type auditData struct {
	CashierID string `json:"cashier_id,omitempty"`
	Cashier   string `json:"cashier,omitempty"`
	Cheque    string `json:"cheque,omitempty"`
	Item      string `json:"item,omitempty"`
	Sum       int64  `json:"sum,omitzero"`
	Should    *int64 `json:"should,omitempty"` // what the sum ought to be
	Was       int64  `json:"was,omitzero"`     // a price or a sum before
	Percent   int64  `json:"percent,omitzero"` // thousandths
	Unit      string `json:"unit,omitempty"`   // GTIN and serial of a marked one
	Born      string `json:"born,omitempty"`   // at the latest, to be old enough
	OldFN     string `json:"old_fn,omitempty"`
	LastFD    uint32 `json:"last_fd,omitzero"` // of the old FN
	NewFN     string `json:"new_fn,omitempty"`
	Note      string `json:"note,omitempty"`
	Role      string `json:"role,omitempty"`
	INN       string `json:"inn,omitempty"`
	Position  string `json:"position,omitempty"`

	ApproverID string `json:"approver_id,omitempty"`
	Approver   string `json:"approver,omitempty"`
	Permission string `json:"permission,omitempty"`
}

func (t *turn) askLogin(e Login) { t.askPIN(e.Req, e.PIN, false) }

func (t *turn) askApprove(e Approve) {
	if t.cashier == nil {
		t.reply(e.Req, fault.New(fault.LoginRequired))
		return
	}
	t.askPIN(e.Req, e.PIN, true)
}

// askPIN has a PIN checked. Wrong ones count together whatever they were for.
func (t *turn) askPIN(req Req, pin string, word bool) { t.askSecret(req, pin, word, false) }

// askSecret has a PIN or a badge checked.
func (t *turn) askSecret(req Req, pin string, word, badge bool) {
	most := MaxPIN
	if badge {
		most = MaxCode
	}
	wait := t.login.lock.Wait(t.env.Now)
	switch {
	case wait > 0:
		t.reply(req, fault.New(fault.LoginLocked, strconv.Itoa(max(1, int(wait.Round(time.Second)/time.Second)))))
	case t.login.op != 0:
		t.reply(req, fault.New(fault.Busy))
	case pin == "" || len(pin) > most:
		t.wrongPIN(req)
	default:
		t.login.op, t.login.req, t.login.word = t.nextOp(), req, word
		t.do(Authenticate{Op: t.login.op, PIN: pin, Badge: badge})
	}
}

func (t *turn) wrongPIN(req Req) {
	t.login.lock.Missed(t.env.Now)
	t.audit(AuditRefused, auditData{}, uuid.Nil)
	t.reply(req, fault.New(fault.LoginRefused))
}

func (t *turn) authenticated(e Authenticated) {
	if e.Op != t.login.op {
		return
	}
	req := t.login.req
	t.login.op, t.login.req = 0, 0
	switch {
	case e.Err != nil:
		t.reply(req, e.Err)
	case e.Cashier == nil:
		t.wrongPIN(req)
	case t.login.word:
		t.approve(req, *e.Cashier)
	default:
		// Wrong tries stay counted: whoever knows one PIN may not go on
		// guessing another's.
		t.endSession(auditLogout)
		c := *e.Cashier
		c.PINHash = ""
		t.cashier, t.session = &c, t.env.NewID()
		t.help = time.Time{} // somebody has come
		t.audit(auditLogin, auditData{CashierID: c.ID, Cashier: c.Name, Role: string(c.Role), INN: c.INN, Position: c.Position}, t.session)
		t.reply(req, nil)
	}
}

func (t *turn) logout(e Logout) {
	t.endSession(auditLogout)
	t.reply(e.Req, nil)
}

func (t *turn) endSession(code string) {
	if t.cashier == nil {
		return
	}
	entry := t.auditEntry(code, auditData{CashierID: t.cashier.ID, Cashier: t.cashier.Name})
	entry.Ends = []uuid.UUID{t.session}
	t.do(Post{[]record.Entry{entry}})
	t.cashier, t.session, t.approval = nil, uuid.Nil, nil
}

func (t *turn) audit(code string, data auditData, group uuid.UUID) {
	e := t.auditEntry(code, data)
	e.Group = group
	t.do(Post{[]record.Entry{e}})
}

func (t *turn) auditEntry(code string, data auditData) record.Entry {
	return record.Entry{Kind: record.Audit, ID: t.env.NewID(), Type: code, Shift: t.shiftID(), Schema: 1, Data: encode(data)}
}

func (t *turn) docCashier() doc.Cashier {
	if t.cashier == nil {
		return doc.Cashier{}
	}
	return doc.Cashier{ID: t.cashier.ID, Name: t.cashier.Name, Position: t.cashier.Position, INN: t.cashier.INN}
}

func (t *turn) shiftID() uuid.UUID {
	if t.shift == nil {
		return uuid.Nil
	}
	return t.shift.ID
}

func restoredCashier(d auditData) *catalog.Cashier {
	return &catalog.Cashier{ID: d.CashierID, Name: d.Cashier, Role: catalog.Role(d.Role), INN: d.INN, Position: d.Position}
}
