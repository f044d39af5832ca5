package till

import (
	"slices"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/record"
)

// forbid takes permissions away from cashiers, as a store's settings do.
func (w *world) forbid(t testing.TB, all ...catalog.Permission) {
	t.Helper()
	set := map[catalog.Permission]bool{}
	for _, p := range all {
		set[p] = false
	}
	w.store.Permissions = map[catalog.Role]map[catalog.Permission]bool{catalog.RoleCashier: set}
	w.catalogChanges(t)
}

// catalogChanges gives the till the world's store as it is now.
func (w *world) catalogChanges(t testing.TB) {
	t.Helper()
	w.step(w.catalog())
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
}

// TestPermissionsHaveNames: what is refused is said in words.
func TestPermissionsHaveNames(t *testing.T) {
	for _, p := range catalog.Permissions() {
		for _, lang := range []string{"ru", "en"} {
			text := fault.New(fault.LoginSenior, fault.Named(permissionName(p))).Text(lang)
			if text == "" || slices.Contains([]byte(text), 0) {
				t.Errorf("%s: %q", p, text)
			}
		}
	}
}

// TestAllow: what is no command of the till takes up an approval like one.
func TestAllow(t *testing.T) {
	w := newWorld(t)
	w.refused(t, Allow{Permission: catalog.MayService}, fault.LoginRequired)
	w.ready(t)
	w.refused(t, Allow{Permission: catalog.MayService}, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, Allow{Permission: catalog.MayService})
	if d := auditOf(t, w, auditApproval); d.Permission != string(catalog.MayService) || d.ApproverID != "c2" {
		t.Errorf("%+v", d)
	}
	w.refused(t, Allow{Permission: catalog.MayService}, fault.LoginSenior)
}

// TestApproveOnce: a senior's PIN lets one command through, not two, not
// another kind, not later; both names are journaled.
func TestApproveOnce(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.forbid(t, catalog.MayVoidLine, catalog.MayCashOut)
	w.fill(t, bread, soap)
	void := func() Event { return VoidLine{Line: w.state.cart.Lines[0].ID} }

	w.refused(t, void(), fault.LoginSenior)
	w.refused(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: 500}, fault.LoginSenior)
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: 2000}) // more is no void
	w.refused(t, Approve{PIN: "1111"}, fault.LoginApprover)        // his own word
	w.mustDo(t, Approve{PIN: "2222"})
	if a := w.state.View(w.now).Approval; a == nil || a.By != "Петрова Б." {
		t.Errorf("%+v", a)
	}
	w.refused(t, VoidLine{Line: w.newID()}, fault.ChequeNoLine) // leaves the approval
	w.mustDo(t, VoidCheque{})                                   // needs none and leaves it too
	w.fill(t, bread, soap)
	w.mustDo(t, void())
	if d := auditOf(t, w, auditVoidLine); d.Cashier != "Иванова А." || d.Approver != "Петрова Б." || d.ApproverID != "c2" {
		t.Errorf("%+v", d)
	}
	if d := auditOf(t, w, auditApproval); d.Permission != "void_line" || d.Approver != "Петрова Б." || d.Cheque == "" {
		t.Errorf("%+v", d)
	}
	w.refused(t, void(), fault.LoginSenior)

	w.mustDo(t, Approve{PIN: "2222"})
	w.now = w.now.Add(approvedFor)
	w.refused(t, void(), fault.LoginSenior)

	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, Logout{})
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, void(), fault.LoginSenior)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, void())
}

// TestApprovedDocument: the approval of a document is in its audit record
// although the document is frozen later, and repeating the command asks nobody.
func TestApprovedDocument(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.forbid(t, catalog.MayCashIn)
	once := Once{w.newID()}
	in := CashIn{Once: once, CashMove: CashMove{Sum: 10000}}
	w.refused(t, in, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, in)
	w.mustDo(t, in)
	if len(w.slips) != 1 {
		t.Errorf("%d slips", len(w.slips))
	}
	w.fill(t, soap)
	good := Correct{Date: w.now.Add(-time.Hour), Reason: "не пробили", Payment: "CASH"}
	w.refused(t, good, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, good)
	if d := auditOf(t, w, auditCorrect); d.Cashier != "Иванова А." || d.Approver != "Петрова Б." {
		t.Errorf("%+v", d)
	}
	w.check()
}

// TestApproveLocks: guessing an approver's PIN is guessing a PIN.
func TestApproveLocks(t *testing.T) {
	w := newWorld(t)
	w.refused(t, Approve{PIN: "2222"}, fault.LoginRequired)
	w.ready(t)
	for range lockout.Tries {
		w.refused(t, Approve{PIN: "0"}, fault.LoginRefused)
	}
	w.refused(t, Approve{PIN: "2222"}, fault.LoginLocked)
	w.refused(t, Login{PIN: "2222"}, fault.LoginLocked)
	refusals := 0
	for _, e := range append(slices.Clone(w.durable), w.posted...) {
		if e.Kind == record.Audit && e.Type == AuditRefused {
			refusals++
		}
	}
	if refusals != lockout.Tries {
		t.Errorf("%d wrong PINs are journaled", refusals)
	}
}

// TestStoreSettingsWidenAndNarrow: the store's word goes before the table, but
// never before an owner's.
func TestStoreSettingsWidenAndNarrow(t *testing.T) {
	s := catalog.Store{Permissions: map[catalog.Role]map[catalog.Permission]bool{
		catalog.RoleCashier: {catalog.MayCorrect: true, catalog.MayVoidLine: false},
		catalog.RoleOwner:   {catalog.MayCorrect: false},
	}}
	for _, c := range []struct {
		role catalog.Role
		may  catalog.Permission
		want bool
	}{
		{catalog.RoleCashier, catalog.MayCorrect, true}, {catalog.RoleCashier, catalog.MayVoidLine, false},
		{catalog.RoleCashier, catalog.MayAbandon, false}, {catalog.RoleCashier, catalog.MayVoidCheque, true},
		{"", catalog.MayVoidLine, false}, {"somebody", catalog.MayAbandon, false},
		{catalog.RoleOwner, catalog.MayCorrect, true}, {catalog.RoleSenior, catalog.MayReturnFree, true},
		{catalog.RoleTechnician, catalog.MayAcceptFN, true}, {catalog.RoleTechnician, catalog.MayDiscount, false},
	} {
		if got := s.May(c.role, c.may); got != c.want {
			t.Errorf("%s %s: %v", c.role, c.may, got)
		}
	}
}
