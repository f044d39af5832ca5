package shtrih

import (
	"errors"
	"io"
	"slices"

	"github.com/kassa-pos/kassa/peripherals/link/record"
)

// What is written down of requests: of these all but the password; of any
// other the command alone: tags, marking codes, written tables and printed
// texts are among them.
var (
	shownRequests = []command{cmdBeep, cmdShortStatus, cmdStatus, cmdMoney, cmdReadTable, cmdSetTime, cmdSetDate,
		cmdConfirmDate, cmdFont, cmdFeed, cmdCut, cmdDrawer, cmdTableInfo, cmdFieldInfo, cmdXReport, cmdZReport,
		cmdCashIn, cmdCashOut, cmdErrorText, cmdCancel, cmdCopy, cmdBarcode, cmdSubtotal, cmdOpenReceipt, cmdContinue, cmdOpenShift,
		cmdDeviceType, cmdExtended, cmdFNStatus, cmdFNExpiry, cmdFNVersion, cmdFNMemory, cmdTicket, cmdUnconfirmed,
		cmdNotices, cmdAcceptMark, cmdMarkState, cmdFNCancel, cmdRegistration, cmdFindDocument, cmdBeginCorrect,
		cmdBeginState, cmdStateReport, cmdBufferState, cmdBufferRead, cmdBufferBegin, cmdExchange, cmdDocumentTLV,
		cmdNextTLV, cmdShiftState, cmdBeginOpen, cmdBeginClose, cmdCloseReceipt, cmdItem, cmdParameter, cmdBufferTag}

	// The answers to these may hold contacts and codes.
	hiddenAnswers = []command{cmdBufferRead, cmdNextTLV}
)

// hiddenTable tells of tables that may hold passwords: 2 of operators, from 16
// on those of networks, but for 17 to 19 of the fiscal set-up.
func hiddenTable(n byte) bool { return n == 2 || n >= 16 && (n < 17 || n > 19) }

// redactor is of one open link.
type redactor struct{ table byte } // the one asked for

// Redact hides operators' passwords, values of tags (a customer's contact
// among them), marking codes and printed texts.
func Redact() record.Redactor {
	r := &redactor{table: 2}
	return r.take
}

func (r *redactor) take(way record.Way, b []byte) (int, []int16) {
	switch b[0] {
	case stx:
		return r.frame(way, b)
	case start2:
		return r.numbered(way, b)
	case enq, ack, nak, stray:
		return 1, record.Plain(b[:1])
	}
	return 1, record.Hide(1)
}

// frame takes a frame of v1.
func (r *redactor) frame(way record.Way, b []byte) (int, []int16) {
	if len(b) < 2 {
		return 0, nil
	}
	n := int(b[1]) + 3
	if len(b) < n {
		return 0, nil
	}
	if n == 3 || lrc(b[2:n-1]) != b[n-1] {
		return n, record.Hide(n)
	}
	payload := slices.Clone(b[2 : n-1])
	from, to := r.secret(way, payload)
	if way == record.Heard {
		clear(payload[from:to])
		return n, record.Plain(encodeFrame(payload))
	}
	shown := record.Plain(b[:n])
	if from < to {
		copy(shown[2+from:2+to], record.Hide(to-from))
		shown[n-1] = record.Hidden
	}
	return n, shown
}

// numbered takes a frame of v2. Of one that hides something the bytes are
// counted as they went, stuffed.
func (r *redactor) numbered(way record.Way, b []byte) (int, []int16) {
	n := 1
	var at []int // where each unstuffed byte begins
	next := func() (byte, error) {
		if n == len(b) {
			return 0, io.EOF
		}
		n++
		return b[n-1], nil
	}
	f, err := decodeBody2(func() (byte, error) { at = append(at, n); return unstuff(next) })
	switch {
	case errors.Is(err, io.EOF):
		return 0, nil
	case errors.Is(err, errRestart):
		return n - 1, record.Hide(n - 1)
	case err != nil:
		return n, record.Hide(n)
	case len(f.payload) == 0:
		return n, record.Plain(b[:n])
	}
	from, to := r.secret(way, f.payload)
	if way == record.Heard {
		clear(f.payload[from:to])
		return n, record.Plain(encodeFrame2(f.number, f.payload))
	}
	shown := record.Plain(b[:n])
	if from < to {
		const head = 4 // length and number
		begin, end := at[head+from], at[head+to]
		copy(shown[begin:end], record.Hide(end-begin))
		crc := at[len(at)-2]
		copy(shown[crc:], record.Hide(n-crc))
	}
	return n, shown
}

// isOf tells whether payload is of one of the commands.
func isOf(payload []byte, all []command) bool {
	return slices.ContainsFunc(all, func(c command) bool {
		return len(payload) >= len(c.code) && string(payload[:len(c.code)]) == string(c.code)
	})
}

// secret tells which bytes of a payload are nobody's business.
func (r *redactor) secret(way record.Way, payload []byte) (from, to int) {
	code := 1
	if payload[0] == 0xFF {
		code = 2
	}
	code, all := min(code, len(payload)), len(payload)
	if way == record.Heard {
		switch {
		case isOf(payload, hiddenAnswers), isOf(payload, []command{cmdReadTable}) && hiddenTable(r.table):
			return min(code+1, all), all // the error code is shown
		}
		return 0, 0
	}
	password := min(code+4, all)
	switch {
	case isOf(payload, []command{cmdDeviceType, cmdExtended, cmdErrorText}):
		return 0, 0 // without a password
	case isOf(payload, []command{cmdReadTable}):
		r.table = 2
		if all > password {
			r.table = payload[password]
		}
		return code, password
	case isOf(payload, shownRequests):
		return code, password
	}
	return code, all
}
