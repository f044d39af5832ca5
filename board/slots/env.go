package slots

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// EnvSize is the length of one copy of the state on the disk, in bytes.
const EnvSize = 0x4000

// Variables of the environment.
const (
	orderVar   = "BOOT_ORDER"
	leftPrefix = "BOOT_"
	leftSuffix = "_LEFT"
)

// decodeEnv reads one copy. Variables that are not ours (fw_setenv may keep
// some) are returned as well, so that writing the state loses none.
func decodeEnv(b []byte) (State, map[string]string, error) {
	vars, err := decodeVars(b)
	if err != nil {
		return State{}, nil, err
	}
	st := State{Left: map[Slot]int{}}
	for name := range strings.FieldsSeq(vars[orderVar]) {
		s := Slot(name)
		if !s.Valid() || slices.Contains(st.Order, s) {
			return State{}, nil, fmt.Errorf("%w: %s is %q", ErrBadState, orderVar, vars[orderVar])
		}
		st.Order = append(st.Order, s)
	}
	if len(st.Order) == 0 {
		return State{}, nil, fmt.Errorf("%w: no %s", ErrBadState, orderVar)
	}
	for _, s := range []Slot{A, B} {
		text := vars[leftPrefix+string(s)+leftSuffix]
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 16)
		if text != "" && err != nil {
			return State{}, nil, fmt.Errorf("%w: attempts of %s are %q", ErrBadState, s, text)
		}
		st.Left[s] = int(n)
	}
	return st, vars, nil
}

// decodeVars reads U-Boot's own form: CRC-32 (IEEE, little-endian) of what
// follows, then NAME=VALUE strings that end with a zero byte each, then one
// more zero byte.
func decodeVars(b []byte) (map[string]string, error) {
	if len(b) != EnvSize {
		return nil, fmt.Errorf("%w: %d bytes instead of %d", ErrBadState, len(b), EnvSize)
	}
	if binary.LittleEndian.Uint32(b) != crc32.ChecksumIEEE(b[4:]) {
		return nil, fmt.Errorf("%w: wrong checksum", ErrBadState)
	}
	vars := map[string]string{}
	for rest := b[4:]; len(rest) > 0 && rest[0] != 0; {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return nil, fmt.Errorf("%w: a variable without end", ErrBadState)
		}
		if name, value, ok := strings.Cut(string(rest[:end]), "="); ok {
			vars[name] = value
		}
		rest = rest[end+1:]
	}
	return vars, nil
}

// encodeEnv is one copy with st and the other variables of vars.
func encodeEnv(st State, vars map[string]string) ([]byte, error) {
	all := maps.Clone(vars)
	if all == nil {
		all = map[string]string{}
	}
	names := make([]string, len(st.Order))
	for i, s := range st.Order {
		names[i] = string(s)
	}
	all[orderVar] = strings.Join(names, " ")
	for s, n := range st.Left {
		all[leftPrefix+string(s)+leftSuffix] = strconv.FormatInt(int64(n), 16)
	}
	b := make([]byte, 4, EnvSize)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b = append(b, name...)
		b = append(b, '=')
		b = append(b, all[name]...)
		b = append(b, 0)
	}
	if len(b)+1 > EnvSize {
		return nil, fmt.Errorf("the slots' state takes %d bytes, of %d", len(b)+1, EnvSize)
	}
	b = append(b, make([]byte, EnvSize-len(b))...)
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	return b, nil
}
