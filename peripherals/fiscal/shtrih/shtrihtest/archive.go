package shtrihtest

func (d *Device) fnStatus(*call) ([]byte, byte) {
	hasData, shift := byte(0), byte(0)
	if d.s.FNDoc != 0 {
		hasData = 1
	}
	if d.s.ShiftOpen {
		shift = 1
	}
	const working = 3
	b := []byte{working, d.s.FNDoc, hasData, shift, d.warnings()}
	b = minute(b, d.s.LastTime)
	b = append(b, d.s.FN...)
	return le(b, uint64(d.s.LastFD), 4), 0
}

func (d *Device) fnNumber(*call) ([]byte, byte) { return []byte(d.s.FN), 0 }

// fnCancel is FF08h: it ends a document that is open in the FN and is no
// receipt.
func (d *Device) fnCancel(*call) ([]byte, byte) {
	switch {
	case d.s.Receipt != nil:
		return nil, errMode
	case d.s.FNDoc == 0:
		return nil, errFNState
	}
	d.s.FNDoc, d.s.Tags = 0, nil
	return nil, 0
}

// workMode is the registration's mode: bit 2 for work without a cashier.
func (d *Device) workMode() byte {
	if d.s.Automatic {
		return 1 << 2
	}
	return 0
}

// machineNumber is tag 1036 of a device that works without a cashier.
const machineNumber = "1001"

// parameter is FF60h: the value of a tag as it was registered.
func (d *Device) parameter(in *call) ([]byte, byte) {
	in.byte()
	registered, _ := parseTLV(d.docs[0].TLV)
	if t := find(registered, uint16(in.u(2))); t != nil {
		return t.Value, 0
	}
	return nil, errNoData
}

// document finds a document of the archive.
func (d *Device) document(fd uint64) *Document {
	if fd < 1 || fd > uint64(len(d.docs)) {
		return nil
	}
	return &d.docs[fd-1]
}

func (d *Device) findDocument(in *call) ([]byte, byte) {
	doc := d.document(in.u(4))
	if doc == nil {
		return nil, errNoData
	}
	ticket := byte(0)
	if doc.FD <= d.s.SentFD {
		ticket = 1
	}
	b := []byte{byte(doc.Form), ticket}
	b = minute(b, doc.Time)
	b = le(b, uint64(doc.FD), 4)
	b = le(b, uint64(doc.Sign), 4)
	switch doc.Form {
	case formRegistration:
		b = padded(padded(b, d.s.INN, 12), d.s.RNM, 20)
		b = append(b, d.s.Systems, d.workMode())
	case formOpenShift, formCloseShift:
		b = le(b, uint64(doc.Shift), 2)
	case formState:
		b = le(b, uint64(doc.Unsent), 4)
		b = append(b, minute(nil, doc.UnsentSince)[:3]...)
	case formReceipt, formCorrection:
		b = le(append(b, byte(doc.OpType)), uint64(doc.Total), 5)
	}
	return b, 0
}

func (d *Device) documentTLV(in *call) ([]byte, byte) {
	doc := d.document(in.u(4))
	if doc == nil {
		return nil, errNoData
	}
	d.reading = doc.TLV
	return le(le(nil, uint64(doc.Form), 2), uint64(min(len(doc.TLV), 0xFFFF)), 2), 0
}

// maxTagAnswer is the longest tag an answer of framing v1 has room for.
const maxTagAnswer = 252

// nextTLV is FF3Bh. A structured tag that is too long goes as its head alone,
// its tags one by one after it; a text that is too long is cut. UNVERIFIED:
// the device's document does not say what becomes of them.
func (d *Device) nextTLV(*call) ([]byte, byte) {
	if len(d.reading) < 4 {
		return nil, errNoData
	}
	id, size := uint16((&reader{d.reading}).u(2)), int((&reader{d.reading[2:]}).u(2))
	one, rest := d.reading[:4+size], d.reading[4+size:]
	switch {
	case len(one) <= maxTagAnswer:
	case tagRules[id].kind == nested:
		one, rest = one[:4], d.reading[4:]
	default:
		one = appendTLV(nil, id, one[4:maxTagAnswer])
	}
	d.reading = rest
	return one, 0
}

func (d *Device) unconfirmed(*call) ([]byte, byte) { return le(nil, uint64(d.unsent()), 2), 0 }

func (d *Device) shiftParameters(*call) ([]byte, byte) {
	b := []byte{0}
	if d.s.ShiftOpen {
		b[0] = 1
	}
	b = le(b, uint64(d.s.Shift), 2)
	return le(b, uint64(d.s.Receipts), 2), 0
}
