package shtrih

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// Exchange by host: the FN's messages pass through a buffer of the device.
// FF30h tells how much waits there and how large a block may be, FF31h reads a
// block; FF32h announces an answer, FF33h writes a block of it. With the last
// block the FN takes the answer or refuses it.
const (
	usualBlock = 64  // bytes, where a device names no size or one that can not be
	maxBlock   = 240 // bytes: the longest that fits into a frame of 255 with its head
	maxAnswer  = 1<<16 - 1
)

// outgoing is a message that is being read.
type outgoing struct {
	size, block int    // as FF30h said; size 0: none has begun
	got         []byte // so far
	after       moment
}

// incoming is an answer that is being written.
type incoming struct {
	answer []byte
	block  int // 0: none has begun
	sent   int
	after  moment
}

// moment is a place in the talk with a device. While it stays the same the
// link has held, and nothing was asked of the device that changes it and so
// may have used its buffer. Looking at its state changes nothing: a long
// message on a slow line is read on between two looks.
type moment struct {
	epoch   int
	changes uint64
}

func (p *Printer) moment() moment { return moment{p.epoch, p.changes} }

var _ fiscal.Exchanger = (*Printer)(nil)

// Outgoing implements fiscal.Exchanger. After anything that may have moved the
// buffer the message is read from its start: FF30h begins it anew, and an FN
// waits for no answer to a message that was not read whole since.
func (p *Printer) Outgoing(ctx context.Context) (message []byte, done bool, err error) {
	ctx, end := p.begin(ctx)
	defer end()
	o := &p.out
	if o.size == 0 || o.after != p.moment() {
		return p.beginOutgoing(ctx)
	}
	want := min(o.block, o.size-len(o.got))
	data, err := p.direct(ctx, cmdBufferRead, pack().u(uint64(len(o.got)), 2).u(uint64(want), 1).b)
	if err == nil && (len(data) == 0 || len(data) > want) {
		err = fmt.Errorf("%w: %s: %d bytes instead of %d", fiscal.ErrGarbage, cmdBufferRead, len(data), want)
	}
	if err != nil {
		p.out = outgoing{}
		return nil, false, err
	}
	o.got, o.after = append(o.got, data...), p.moment()
	if len(o.got) < o.size {
		return nil, false, nil
	}
	message, p.out = o.got, outgoing{}
	return message, true, nil
}

func (p *Printer) beginOutgoing(ctx context.Context) ([]byte, bool, error) {
	p.out = outgoing{}
	data, err := p.direct(ctx, cmdBufferState, nil)
	if refusedWith(err, codeFNUnknown, codeBadParams, codeBadSetting, codeBadModel, codeUnsupported) {
		return nil, false, fmt.Errorf("%w: %w", fiscal.ErrUnsupported, err)
	}
	if err != nil {
		return nil, false, err
	}
	u := unpacker{b: data}
	now := outgoing{size: int(u.u(2)), block: blockSize(u.byte()), after: p.moment()}
	if len(data) < 2 {
		return nil, false, answerError(cmdBufferState)
	}
	if now.size == 0 {
		return nil, true, nil
	}
	p.out = now
	return nil, false, nil
}

// Incoming implements fiscal.Exchanger. After anything that may have moved the
// buffer it begins anew.
func (p *Printer) Incoming(ctx context.Context, answer []byte) (done bool, err error) {
	ctx, end := p.begin(ctx)
	defer end()
	if len(answer) == 0 || len(answer) > maxAnswer {
		return false, fmt.Errorf("%w: an answer of %d bytes", fiscal.ErrRefused, len(answer))
	}
	in := &p.in
	if in.block == 0 || in.after != p.moment() || !bytes.Equal(in.answer, answer) {
		p.in = incoming{}
		data, err := p.direct(ctx, cmdBufferBegin, pack().u(uint64(len(answer)), 2).b)
		if err != nil {
			return false, err
		}
		u := unpacker{b: data}
		p.in = incoming{answer: bytes.Clone(answer), block: blockSize(u.byte()), after: p.moment()}
		return false, nil
	}
	block := in.answer[in.sent:min(in.sent+in.block, len(in.answer))]
	params := pack().u(uint64(in.sent), 2).u(uint64(len(block)), 1).bytes(block...).b
	if _, err := p.direct(ctx, cmdBufferWrite, params); err != nil {
		p.in = incoming{}
		return false, err
	}
	in.sent, in.after = in.sent+len(block), p.moment()
	if in.sent < len(in.answer) {
		return false, nil
	}
	p.in = incoming{}
	return true, nil
}

func blockSize(told byte) int {
	if told == 0 || told > maxBlock {
		return usualBlock
	}
	return int(told)
}

// direct runs one command and waits for nothing: a device that prints is
// asked again later, for a sale may come meanwhile.
func (p *Printer) direct(ctx context.Context, cmd command, params []byte) ([]byte, error) {
	code, data, err := p.send(ctx, cmd, params)
	if err == nil && code != 0 {
		err = refuse(deviceError(cmd.String(), code, ""))
	}
	return data, err
}

// What settings of the exchange are called. The vendor's manual has server and
// port only; the names of the newer ones are UNVERIFIED, so several are taken.
var (
	wordsExchange = []string{"параметры офд", "параметры обмена с офд"}
	wordsByHost   = []string{"через хост", "через драйвер", "хостом", "средствами драйвера", "через компьютер", "через пк"}
)

// Route implements fiscal.Exchanger.
func (p *Printer) Route(ctx context.Context) (kkt.Route, error) {
	ctx, end := p.begin(ctx)
	defer end()
	return p.route(ctx)
}

// route reads the table of the exchange, as far as the model has it.
func (p *Printer) route(ctx context.Context) (r kkt.Route, err error) {
	t, ok, err := p.findTable(ctx, wordsExchange...)
	if err != nil || !ok {
		return r, err
	}
	n, f, ok, err := p.findField(ctx, t, 8, wordsByHost...)
	if err != nil {
		return r, err
	}
	if ok && !f.text {
		v, err := p.readNumber(ctx, t, 1, n)
		if err != nil {
			return r, err
		}
		r.ByHost, r.Told = v != 0, true
	}
	for _, s := range []struct {
		to         *string
		host, port byte
		server     []string
		portName   []string
	}{
		{&r.OFD, 1, 2, []string{"сервер", "адрес", "хост"}, []string{"порт"}},
		{&r.Marks, 4, 5, []string{"сервер км", "адрес км", "сервер оисм"}, []string{"порт км", "порт оисм", "порт сервера км"}},
		{&r.Keys, 6, 7, []string{"сервер окп", "адрес окп"}, []string{"порт окп", "порт сервера окп"}},
	} {
		if *s.to, err = p.server(ctx, t, s.host, s.server, s.port, s.portName); err != nil {
			return r, err
		}
	}
	return r, nil
}

// server reads a host and its port from row 1, "" when one of them is missing.
func (p *Printer) server(ctx context.Context, t table, host byte, hostWords []string, port byte, portWords []string) (string, error) {
	h, hf, ok, err := p.findField(ctx, t, host, hostWords...)
	if err != nil || !ok || !hf.text {
		return "", err
	}
	n, nf, ok, err := p.findField(ctx, t, port, portWords...)
	if err != nil || !ok || nf.text {
		return "", err
	}
	raw, err := p.readField(ctx, t, 1, h)
	if err != nil {
		return "", err
	}
	number, err := p.readNumber(ctx, t, 1, n)
	name := strings.TrimSpace(text.CP1251.DecodeZ(raw))
	if err != nil || name == "" || number == 0 || number > 65535 {
		return "", err
	}
	return net.JoinHostPort(name, strconv.FormatUint(number, 10)), nil
}
