package permit

import (
	"encoding/base64"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
)

// checked is the answer to a check. Fields that are not there say nothing: the
// local module sends only what it knows.
type checked struct {
	Code         int         `json:"code"`
	Codes        []codeState `json:"codes"`
	ReqID        string      `json:"reqId"`
	ReqTimestamp int64       `json:"reqTimestamp"`
	Inst         string      `json:"inst"`
	Version      string      `json:"version"`
}

// outChecked is the local module's form of it.
type outChecked struct {
	Results []checked `json:"results"`
}

// codeState is what is known of one code.
type codeState struct {
	CIS        string `json:"cis"`
	Found      *bool  `json:"found"`      // somebody has ordered it
	Valid      *bool  `json:"valid"`      // its form is right
	Verified   *bool  `json:"verified"`   // its signature is
	Utilised   *bool  `json:"utilised"`   // it was applied to goods
	Realizable *bool  `json:"realizable"` // in circulation
	Sold       *bool  `json:"sold"`
	Blocked    *bool  `json:"isBlocked"`
	GrayZone   *bool  `json:"grayZone"`   // circulation not followed yet for such goods
	GreyGTIN   *bool  `json:"isGreyGtin"` // the local module's word for it
	Owner      *bool  `json:"isOwner"`
	Tracking   *bool  `json:"isTracking"` // movements between owners are followed
	Expires    string `json:"expireDate"`
	ErrorCode  int    `json:"errorCode"`
}

// errAnswer: an answer that is none.
var errAnswer = errors.New("permit: the answer says nothing about the code asked")

// answer judges one code, worst first. A refusal needs a clear word; so does a
// permission: an answer without the code is none.
func (in *checked) answer(q Query, now time.Time) (Answer, error) {
	if in.Code != 0 || len(in.Codes) != 1 || in.ReqTimestamp <= 0 {
		return Answer{}, errAnswer
	}
	if _, err := uuid.Parse(in.ReqID); err != nil {
		return Answer{}, errAnswer
	}
	s := &in.Codes[0]
	if s.CIS != q.Code && s.CIS != visible(q.Code) {
		return Answer{}, errAnswer
	}
	return Answer{Refused: s.refused(q, now)}, nil
}

func (s *codeState) refused(q Query, now time.Time) fault.Code {
	no := func(b *bool) bool { return b != nil && !*b }
	yes := func(b *bool) bool { return b != nil && *b }
	switch {
	case yes(s.Blocked):
		return fault.PermitBlocked
	case no(s.Valid), no(s.Verified):
		return fault.PermitForged
	case no(s.Found):
		return fault.PermitUnknown
	case no(s.Utilised):
		return fault.PermitUnused
	case yes(s.Sold):
		return fault.PermitSold
	case no(s.Realizable) && !yes(s.GrayZone) && !yes(s.GreyGTIN):
		return fault.PermitWithdrawn
	case s.expired(now):
		return fault.PermitExpired
	case yes(s.Tracking) && no(s.Owner) && !q.Tobacco:
		return fault.PermitOwner
	case s.ErrorCode != 0:
		return fault.PermitUnknown
	}
	return ""
}

// expired reads the date with which goods may be sold until its end. A date
// nobody can read stops nothing: it is on the pack too.
func (s *codeState) expired(now time.Time) bool {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateOnly} {
		t, err := time.ParseInLocation(form, s.Expires, now.Location())
		if err != nil {
			continue
		}
		if form == time.DateOnly { // the whole day
			t = t.AddDate(0, 0, 1)
		}
		return !now.Before(t)
	}
	return false
}

// visible is a code as some services repeat it: without its separators.
func visible(code string) string {
	b := make([]byte, 0, len(code))
	for i := range len(code) {
		if code[i] != 0x1d {
			b = append(b, code[i])
		}
	}
	return string(b)
}

func basic(login, pass string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(login+":"+pass))
}
