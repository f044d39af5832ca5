package shtrihtest

import "io"

// Control bytes of framing v1.
const (
	stx   = 0x02
	enq   = 0x05
	ack   = 0x06
	nak   = 0x15
	stray = 0xFF
)

// enquired answers ENQ. The port may be at work for a stream that broke.
func (w *wire) enquired() error {
	k := w.d.working(w.port)
	kept, _ := w.d.lastAnswer(w.port)
	if k == nil && kept == nil {
		return w.write(nak)
	}
	if err := w.write(ack); err != nil {
		return err
	}
	if k != nil {
		return w.busy(k)
	}
	return w.deliver(kept)
}

// receive takes a frame and executes it.
func (w *wire) receive() error {
	epoch := w.d.currentEpoch()
	payload, sound, err := w.frame()
	if err != nil {
		return err
	}
	if epoch != w.d.currentEpoch() {
		return nil
	}
	switch lost, refused := w.d.takeRequestFault(); {
	case lost:
		return nil
	case !sound || refused:
		return w.write(nak)
	}
	if !w.d.take(&w.d.faults.dropAck) {
		if err := w.write(ack); err != nil {
			return err
		}
	}
	if err := w.idle(); err != nil {
		return err
	}
	w.d.forget(w.port)
	k := w.d.start(w.port, payload, func(a []byte) { w.port.kept = a })
	if k == nil {
		return io.EOF
	}
	return w.busy(k)
}

// frame reads length, payload and LRC.
func (w *wire) frame() (payload []byte, sound bool, err error) {
	n, err := w.inFrame()
	if err != nil {
		return nil, false, err
	}
	check := n
	for range n {
		b, err := w.inFrame()
		if err != nil {
			return nil, false, err
		}
		payload, check = append(payload, b), check^b
	}
	lrc, err := w.inFrame()
	return payload, n > 0 && lrc == check, err
}

// busy waits for the answer and meanwhile answers ENQ.
func (w *wire) busy(k *work) error {
	for {
		select {
		case <-k.done:
			if k.answer == nil {
				w.have = nil
				return nil // the power went
			}
			return w.deliver(k.answer)
		case b, ok := <-w.in:
			if !ok {
				return w.broken
			}
			for _, c := range b {
				if silent, _ := w.d.manner(); c == enq && !silent {
					if err := w.write(ack); err != nil {
						return err
					}
				}
			}
		}
	}
}

// deliver sends an answer and waits for its confirmation. Without one the
// answer stays kept, for the next ENQ.
func (w *wire) deliver(answer []byte) error {
	how := w.d.takeAnswerFault(answer)
	if how.lost {
		return nil
	}
	if how.broken {
		return w.hangUp()
	}
	said := append([]byte(nil), answer...)
	if how.swollen {
		said = append(said, make([]byte, maxPayload1-len(said))...)
	}
	check := byte(len(said))
	for _, b := range said {
		check ^= b
	}
	if how.damaged {
		check ^= 0x55
	}
	frame := append(append([]byte{stx, byte(len(said))}, said...), check)
	if err := w.send(frame, how.pause); err != nil {
		return err
	}
	w.d.hook(Answered, answer)
	b, err := w.inFrame()
	if err != nil {
		return err
	}
	switch b {
	case ack:
		w.d.confirm(w.port, answer)
		if how.stray {
			return w.write(stray)
		}
	case enq:
		return w.enquired()
	}
	return nil
}

// maxPayload1 is the longest payload of framing v1, in bytes.
const maxPayload1 = 255
