package feed

import (
	"net/http"
	"strings"

	"github.com/kassa-pos/kassa/offline/evotor"
	"github.com/kassa-pos/kassa/pos/catalog"
)

// items is a list without pages.
type items struct {
	Items  any      `json:"items"`
	Paging struct{} `json:"paging"`
}

// store is a shop.
type store struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Address string      `json:"address"`
	UserID  string      `json:"user_id"`
	Created evotor.Time `json:"created_at"`
	Updated evotor.Time `json:"updated_at"`
}

func (f *Feed) stores(w http.ResponseWriter, r *http.Request) {
	id, s := f.o.Identity(), f.o.Store()
	f.answer(w, r, http.StatusOK, items{Items: []store{{id.Store, s.Name, s.Address, id.User, evotor.Time(f.o.Since), f.updated(s)}}})
}

// updated is when what is told of the shop last changed.
func (f *Feed) updated(s catalog.Store) evotor.Time {
	if s.UpdatedAt.Before(f.o.Since) {
		return evotor.Time(f.o.Since)
	}
	return evotor.Time(s.UpdatedAt)
}

// device is a till.
type device struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	StoreID  string      `json:"store_id"`
	UserID   string      `json:"user_id"`
	Model    string      `json:"device_model"`
	Firmware string      `json:"firmware_version"`
	Offset   int64       `json:"timezone_offset"` // from UTC, milliseconds
	Created  evotor.Time `json:"created_at"`
	Updated  evotor.Time `json:"updated_at"`
}

func (f *Feed) devices(w http.ResponseWriter, r *http.Request) {
	id := f.o.Identity()
	_, offset := f.o.Now().Zone()
	f.answer(w, r, http.StatusOK, items{Items: []device{{id.Device, f.o.Device, id.Store, id.User, "Kassa", f.o.Version,
		int64(offset) * 1000, evotor.Time(f.o.Since), f.updated(f.o.Store())}}})
}

// employee is who may log in; nothing of how.
type employee struct {
	ID       string      `json:"id"` // a document's close_user_id
	LastName string      `json:"last_name"`
	Name     string      `json:"name"`
	Role     string      `json:"role"`
	Stores   []string    `json:"stores"`
	UserID   string      `json:"user_id"`
	Created  evotor.Time `json:"created_at"`
	Updated  evotor.Time `json:"updated_at"`
}

// roles are the cloud's.
var roles = map[catalog.Role]string{catalog.RoleCashier: "CASHIER", catalog.RoleSenior: "ADMIN", catalog.RoleOwner: "ADMIN", catalog.RoleTechnician: "MANUAL"}

func (f *Feed) employees(w http.ResponseWriter, r *http.Request) {
	id, s := f.o.Identity(), f.o.Store()
	all := make([]employee, len(s.Cashiers))
	for i, c := range s.Cashiers {
		last, name, _ := strings.Cut(c.Name, " ")
		all[i] = employee{c.ID, last, name, roles[c.Role], []string{id.Store}, id.User, evotor.Time(f.o.Since), f.updated(s)}
	}
	f.answer(w, r, http.StatusOK, items{Items: all})
}
