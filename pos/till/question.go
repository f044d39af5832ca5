package till

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
)

// The till never guesses. Where a code stands for two things, where the buyer
// may be too young, where marked goods came without their code, it asks. A
// question is data in the view; Choose answers it, from any screen or program.
// Nothing else waits for it but the payment of that cheque.

// QuestionKind says what is asked.
type QuestionKind string

// The kinds.
const (
	AskItem QuestionKind = "item" // several items have the code: which is it?
	AskAge  QuestionKind = "age"  // is the buyer old enough?
	AskMark QuestionKind = "mark" // a marked item, or a bundle of such, without its code: scan that
	// AskSerial: an item that is sold with its serial number: scan that.
	AskSerial QuestionKind = "serial"
)

// Answers to questions. AskItem is answered by the item's id, with "/" and the
// pack's id behind it for a pack.
const (
	AnswerYes      = "yes"      // AskAge: made sure of
	AnswerAnyway   = "anyway"   // AskAge: a senior's word, without a look at papers
	AnswerUnmarked = "unmarked" // AskMark: an unmarked remainder
	AnswerLater    = "later"    // AskMark: it is prepaid, the code comes with the goods
	AnswerCode     = "code"     // AskItem: it is no item but a badge, a card, a receipt
	AnswerNo       = "no"       // none of it: the unit is not sold
)

// Choose answers a question.
type Choose struct {
	Req
	Question uuid.UUID
	Choice   string
}

func (Choose) kind() eventKind { return evDismiss }

// QuestionView is a question on a screen. Its text is that of its Code.
type QuestionView struct {
	ID      uuid.UUID    `json:"id"`
	Kind    QuestionKind `json:"kind"`
	Code    fault.Code   `json:"code"`
	Args    []string     `json:"args,omitempty"`
	At      time.Time    `json:"at"`
	Choices []ChoiceView `json:"choices"`
}

// Text gives the question in the operator's language.
func (q *QuestionView) Text(lang string) string { return fault.Text(q.Code, lang, q.Args...) }

// ChoiceView is one possible answer: an item, or a word whose text is that of
// its Code.
type ChoiceView struct {
	ID    string       `json:"id"`
	Name  string       `json:"name,omitempty"`
	Price money.Amount `json:"price,omitempty"`
	Code  fault.Code   `json:"code,omitempty"`
	Hint  string       `json:"hint,omitempty"` // what tells items of one name apart
}

// Text gives the choice in the operator's language.
func (c ChoiceView) Text(lang string) string {
	if c.Code != "" {
		return fault.Text(c.Code, lang)
	}
	return c.Name
}

// CheckView is a unit that waits beside the cheque for the permit port.
type CheckView struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	Unit string    `json:"unit"` // GTIN and serial
	At   time.Time `json:"at"`
	// Scale: it waits for what lies on the scale to lie still.
	Scale bool `json:"scale,omitempty"`
}

// askPerson leaves a unit waiting for a person. Whoever scanned it is told that it
// is not in the cheque yet.
func (t *turn) askPerson(h *held, kind QuestionKind) *fault.Error {
	h.asks = kind
	if h.id == uuid.Nil {
		h.id = t.env.NewID()
	}
	t.wait(*h)
	about := h.match.Item.Name
	if about == "" {
		about = shownCode(&h.code)
	}
	t.reply(h.scan.Req, fault.New(fault.QuestionAsked, about))
	last := &t.held[len(t.held)-1]
	last.scan.Req = 0
	t.do(Beep{SignalError})
	return nil
}

// askMark asks for the codes of marked goods that were scanned by their EAN.
func (t *turn) askMark(h *held) *fault.Error {
	q, err := h.quantity()
	if err != nil {
		return err
	}
	if h.need = int(q / qty.One); h.measured() {
		h.need, h.portion = 1, q
	}
	if h.need < 1 || h.need > MaxHeld {
		return fault.New(fault.QtyBad, q.String())
	}
	return t.askPerson(h, AskMark)
}

// unitCame goes on with a unit whose code is good: it belongs to a bundle that
// waits for it, answers a question, or just comes.
func (t *turn) unitCame(h held) {
	l := h.line
	l.Item, l.PackID, l.Code = h.match.Item, h.match.PackID, h.code.GTIN
	if t.intoSet(&h, &l) {
		return
	}
	t.codeCame(&h)
	t.settle(h)
}

// codeCame counts a code that a question has asked for.
func (t *turn) codeCame(u *held) {
	kind := AskMark
	if u.line.Serial != "" {
		kind = AskSerial
	}
	for i := range t.held {
		if h := &t.held[i]; h.asks == kind && h.set == nil && h.match.Item.ID == u.match.Item.ID {
			t.held = slices.Clone(t.held)
			if t.held[i].need--; t.held[i].need <= 0 {
				t.held = slices.Delete(t.held, i, i+1)
			}
			return
		}
	}
}

// choose answers a question.
func (t *turn) choose(e Choose) {
	i := slices.IndexFunc(t.held, func(h held) bool { return h.asks != "" && h.id == e.Question })
	if i < 0 {
		t.reply(e.Req, fault.New(fault.QuestionNone))
		return
	}
	q := t.question(&t.held[i])
	if !slices.ContainsFunc(q.Choices, func(c ChoiceView) bool { return c.ID == e.Choice }) {
		t.reply(e.Req, fault.New(fault.BadRequest, "choice"))
		return
	}
	h, _ := t.release(func(h *held) bool { return h.id == e.Question })
	kind := h.asks
	h.asks = ""
	h.scan.Req = e.Req // what becomes of the unit is the answer
	if e.Choice == AnswerNo {
		t.declined(&h, kind)
		t.reply(e.Req, nil)
		return
	}
	switch kind {
	case AskItem:
		if e.Choice == AnswerCode {
			h.scan.Req = e.Req
			t.personal(h.scan, &h.code)
			return
		}
		k := slices.IndexFunc(h.choices, func(m catalog.Match) bool { return matchID(&m) == e.Choice })
		h.match, h.choices = h.choices[k], nil
		h.label()
	case AskAge:
		t.aged(&h, e.Choice == AnswerAnyway)
	case AskMark:
		h.set.answered(e.Choice)
		if h.unmarked = e.Choice == AnswerUnmarked; !h.unmarked {
			h.later = true
			break
		}
		d := t.auditWho()
		d.Cheque, d.Item = idText(t.cart.ID), h.match.Item.Name
		t.audit(auditUnmarked, d, uuid.Nil)
	}
	t.settle(h)
}

// declined is a unit that a person decided not to sell.
func (t *turn) declined(h *held, kind QuestionKind) {
	if kind != AskAge {
		return
	}
	d := t.auditWho()
	d.Cheque, d.Item, d.Note = idText(t.cart.ID), h.match.Item.Name, h.group
	t.audit(auditTooYoung, d, uuid.Nil)
	t.notice(fault.New(fault.AgeRefused, h.match.Item.Name), shownCode(&h.code))
}

// aged notes in the cheque and in the journal that the buyer's age was checked.
func (t *turn) aged(h *held, anyway bool) {
	who := t.auditWho()
	check := cheque.AgeCheck{Group: h.group, Born: t.restrict().Born(h.group, t.today()), Who: who.CashierID, At: t.env.Now}
	c := t.cart
	if c.Empty() && c.Revision == 0 {
		c.ID = t.env.NewID()
	}
	ch := c.Aged(check, t.env.Now)
	t.cart = c.Apply(ch)
	who.Cheque, who.Note, who.Born = c.ID.String(), h.group, check.Born.Format(time.DateOnly)
	if anyway {
		who.Note += " anyway"
	}
	t.do(Post{[]record.Entry{{Kind: record.Cart, ID: c.ID, Group: c.ID, Shift: t.shiftID(), Schema: 1, Data: encode(ch)}}})
	t.audit(auditAge, who, uuid.Nil)
	// Others that ask the same of the same buyer are answered too.
	for {
		same, ok := t.release(func(o *held) bool { return o.asks == AskAge && o.group == h.group })
		if !ok {
			return
		}
		same.asks = ""
		t.settle(same)
	}
}

// needsChoice is the permission an answer needs. Its id says which question
// it is of.
func needsChoice(e Choose) catalog.Permission {
	switch e.Choice {
	case AnswerUnmarked:
		return catalog.MayUnmarked
	case AnswerAnyway:
		return catalog.MayAge
	}
	return ""
}

func matchID(m *catalog.Match) string {
	if m.PackID != "" {
		return m.Item.ID + "/" + m.PackID
	}
	return m.Item.ID
}

// question is what a unit asks, as people see it.
func (s *State) question(h *held) QuestionView {
	q := QuestionView{ID: h.id, Kind: h.asks, At: h.at}
	no := ChoiceView{ID: AnswerNo, Code: fault.AnswerNo}
	switch h.asks {
	case AskItem:
		q.Code, q.Args = fault.QuestionItem, []string{shownCode(&h.code)}
		for i := range h.choices {
			q.Choices = append(q.Choices, s.choice(&h.choices[i]))
		}
		if code, also := personalKinds[h.code.Kind]; also {
			q.Choices = append(q.Choices, ChoiceView{ID: AnswerCode, Code: code})
		}
	case AskAge:
		q.Code = fault.QuestionAge
		q.Args = []string{h.match.Item.Name, s.restrict().Born(h.group, h.at).Format("02.01.2006")}
		q.Choices = []ChoiceView{{ID: AnswerYes, Code: fault.AnswerOldEnough}, {ID: AnswerAnyway, Code: fault.AnswerAnyway}}
	case AskMark:
		q.Code, q.Args = fault.QuestionMark, []string{h.match.Item.Name, qty.Milli(h.need * int(qty.One)).String()}
		q.Choices = []ChoiceView{{ID: AnswerUnmarked, Code: fault.AnswerUnmarked}, {ID: AnswerLater, Code: fault.AnswerLater}}
		if h.set != nil {
			l, n := h.set.next()
			q.Args = []string{h.match.Item.Name + ": " + l.Item.Name, strconv.Itoa(n)}
			if l.WantsSerial() {
				q.Code, q.Choices = fault.QuestionSerial, nil
			}
		}
	case AskSerial:
		q.Code, q.Args = fault.QuestionSerial, []string{h.match.Item.Name, strconv.Itoa(h.need)}
	}
	q.Choices = append(q.Choices, no)
	return q
}

// choice is an item one may mean.
func (s *State) choice(m *catalog.Match) ChoiceView {
	c := ChoiceView{ID: matchID(m), Name: m.Item.Name, Hint: m.Item.Article}
	if c.Price, _ = m.Item.PriceOf(s.store.PriceType); m.PackID != "" {
		for _, p := range m.Item.Packs {
			if p.ID == m.PackID {
				c.Hint = p.Name + " × " + m.Qty.String()
			}
		}
	}
	if c.Hint == "" {
		c.Hint = m.Item.Code
	}
	return c
}

// viewHeld shows what waits beside the cheque: every question, oldest first,
// and every unit under check.
func (s *State) viewHeld() (questions []QuestionView, checks []CheckView) {
	questions, checks = []QuestionView{}, []CheckView{}
	for i := range s.held {
		h := &s.held[i]
		if h.asks != "" {
			questions = append(questions, s.question(h))
		} else {
			checks = append(checks, CheckView{ID: h.id, Name: h.match.Item.Name, Unit: shownCode(&h.code), At: h.at, Scale: h.code.Marking == nil})
		}
	}
	return questions, checks
}

// maskedMarks hides the keys of marking codes from what is shown.
func maskedMarks(lines []doc.Line) []doc.Line {
	if !slices.ContainsFunc(lines, func(l doc.Line) bool { return l.Mark != "" }) {
		return lines
	}
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i].Mark = UnitOf(lines[i].Mark)
	}
	return lines
}
