package shtrihtest

// sendTag is FF0Ch: a tag of the open document.
func (d *Device) sendTag(in *call) ([]byte, byte) { return nil, d.addTags(in.b, ofDocument) }

// itemTag is FF4Dh: a tag of the last item.
func (d *Device) itemTag(in *call) ([]byte, byte) {
	if e := d.owned(in.operator); e != 0 {
		return nil, e
	}
	return nil, d.addTags(in.b, ofItem)
}

// addTags takes tags that were sent to a place.
func (d *Device) addTags(b []byte, place int) byte {
	if d.s.FNDoc == 0 {
		return errFNState
	}
	if place == ofDocument {
		tags, e := d.newTags(b, d.s.Tags, place)
		d.s.Tags = append(d.s.Tags, tags...)
		return e
	}
	if d.s.Receipt == nil || len(d.s.Receipt.Items) == 0 {
		return errOperation
	}
	it := &d.s.Receipt.Items[len(d.s.Receipt.Items)-1]
	tags, e := d.newTags(b, it.Tags, place)
	if measure := find(tags, 2108); measure != nil {
		it.Unit = int(measure.Value[0])
	}
	it.Tags = append(it.Tags, tags...)
	return e
}

// newTags reads tags to be added to those that are there.
func (d *Device) newTags(b []byte, there []tag, place int) ([]tag, byte) {
	tags, ok := parseTLV(b)
	if !ok || len(tags) == 0 {
		return nil, errParams
	}
	for i, t := range tags {
		if !allowed(t.Tag, place, d.s.FFD) || !t.sound(d.s.FFD) || find(there, t.Tag) != nil || find(tags[:i], t.Tag) != nil {
			return nil, errParams
		}
	}
	return tags, 0
}

// bufferTag is FF64h: the buffer holds one tag, of the document or of the last
// item as its number says.
func (d *Device) bufferTag(in *call) ([]byte, byte) {
	b := d.x.held
	d.x.held = nil
	tags, ok := parseTLV(b)
	if !ok || len(tags) != 1 {
		return nil, errParams
	}
	place := ofDocument
	if tagRules[tags[0].Tag].place&ofItem != 0 {
		place = ofItem
	}
	return nil, d.addTags(b, place)
}
