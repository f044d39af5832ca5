package moyskladtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// setting is a change of what a person sets in the cloud.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The settings by name.
const (
	SetOnlineDiscount = "online-discount" // on, off: tills ask for prices
	SetFiscalType     = "fiscal-type"     // STANDARD, MASTER, CLOUD
	SetLoyaltyPercent = "loyalty-percent" // off everything the cloud calculates
	SetLoyaltyEarn    = "loyalty-earn"    // percent of what is paid that comes back as points
	SetLoyaltyPoints  = "loyalty-points"  // that every customer has
	SetClosedReturns  = "closed-returns"  // on, off: sales of closed shifts may come back
	SetCashier        = "cashier"         // what became of the cashiers: active, deactivated, elsewhere, nowhere
)

// cashiers are the refusals of cashiers who are none any more.
var cashiers = map[string]int{"deactivated": 12016, "elsewhere": 12013, "nowhere": 12022}

// ErrSetting: no such setting, or a value it can not have.
var ErrSetting = errors.New("moyskladtest: bad setting")

// Set changes a setting of all stores, as a person would in the cloud.
func (s *Server) Set(name, value string) error {
	n, err := strconv.Atoi(value)
	number := err == nil && n >= 0
	switch {
	case (name == SetOnlineDiscount || name == SetClosedReturns) && (value == "on" || value == "off"):
	case name == SetMaster && slices.Contains([]string{masterOn, "off", masterReject}, value):
	case name == SetFiscalType && slices.Contains([]string{"STANDARD", "MASTER", "CLOUD"}, value):
	case (name == SetLoyaltyPercent || name == SetLoyaltyEarn) && number && n <= 100:
	case name == SetLoyaltyPoints && number:
	case name == SetCashier && (value == "active" || cashiers[value] != 0):
	default:
		return fmt.Errorf("%w: %.40q %.40q", ErrSetting, name, value)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.state.commit(event{Setting: &setting{name, value}}); err != nil {
		return err
	}
	s.notify()
	return nil
}

// changedSettings are the fields of a store that differ from the shop's.
func (s *Server) changedSettings() map[string]json.RawMessage {
	changed := map[string]json.RawMessage{}
	if v, ok := s.state.set[SetOnlineDiscount]; ok {
		changed["isOnlineDiscount"] = json.RawMessage(strconv.FormatBool(v == "on"))
	}
	if v, ok := s.state.set[SetClosedReturns]; ok {
		changed["returnFromClosedShiftEnabled"] = json.RawMessage(strconv.FormatBool(v == "on"))
	}
	if v, ok := s.state.set[SetFiscalType]; ok {
		changed["fiscalType"] = json.RawMessage(strconv.Quote(v))
	}
	return changed
}

// returnsClosed tells whether a sale of a closed shift may come back.
func (s *Server) returnsClosed(p *point) bool {
	if v, ok := s.state.set[SetClosedReturns]; ok {
		return v == "on"
	}
	return string(p.store["returnFromClosedShiftEnabled"]) != "false"
}

// number is a setting's value, def when it was never set.
func (s *Server) number(name string, def int64) int64 {
	if v, err := strconv.ParseInt(s.state.set[name], 10, 64); err == nil {
		return v
	}
	return def
}
