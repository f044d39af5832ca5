package shtrih

import (
	"errors"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Tags of the fiscal data format the driver sends or reads.
const (
	tagContact        = 1008
	tagCashier        = 1021
	tagMachine        = 1036
	tagCash           = 1031
	tagShift          = 1038
	tagElectron       = 1081
	tagPrepaid        = 1215
	tagCredit         = 1216
	tagProvision      = 1217
	tagSystem         = 1055
	tagItem           = 1059
	tagReceipt        = 1042
	tagAgentOperation = 1044
	tagAgentOld       = 1057
	tagAgentPhone     = 1073
	tagSupplierPhone  = 1171
	tagCorrectionType = 1173
	tagGround         = 1174
	tagGroundText     = 1177
	tagGroundDate     = 1178
	tagGroundNumber   = 1179
	tagAttribute      = 1191
	tagRequisite      = 1192
	tagUnitText       = 1197
	tagCashierINN     = 1203
	tagAgent          = 1222
	tagAgentData      = 1223
	tagSupplierData   = 1224
	tagSupplierName   = 1225
	tagSupplierINN    = 1226
	tagBuyer          = 1227
	tagBuyerINN       = 1228
	tagExcise         = 1229
	tagCountry        = 1230
	tagDeclaration    = 1231
	tagBuyerAddress   = 1254
	tagBuyerData      = 1256
	tagPermit         = 1260
	tagPermitFOIV     = 1262
	tagPermitDate     = 1263
	tagPermitNumber   = 1264
	tagPermitValue    = 1265
	tagQuantity       = 1023
	tagFraction       = 1291 // part of a marked piece that is sold
	tagNumerator      = 1293
	tagDenominator    = 1294
	tagProduct        = 1162
	tagMarkResult     = 2106
	tagUnit           = 2108
)

var errTLV = errors.New("shtrih: broken TLV")

// tlv is one tag with its raw value.
type tlv struct {
	tag   uint16
	value []byte
}

func (t tlv) encode() []byte {
	return pack().u(uint64(t.tag), 2).u(uint64(len(t.value)), 2).bytes(t.value...).b
}

func textTag(tag uint16, s string, limit int) tlv {
	return tlv{tag, text.CP866.EncodeMax(s, limit)}
}

// nest makes a structured tag of others.
func nest(tag uint16, inner ...tlv) tlv {
	var b []byte
	for _, t := range inner {
		b = append(b, t.encode()...)
	}
	return tlv{tag, b}
}

// parseTLV reads a run of TLVs to its end.
func parseTLV(b []byte) ([]tlv, error) {
	var all []tlv
	for len(b) > 0 {
		u := unpacker{b: b}
		t := tlv{tag: uint16(u.u(2))}
		t.value = u.bytes(int(u.u(2)))
		if u.short {
			return all, errTLV
		}
		all, b = append(all, t), u.b
	}
	return all, nil
}

// vln is an integer without trailing zero bytes.
func vln(v uint64) []byte {
	var b []byte
	for ; v > 0; v >>= 8 {
		b = append(b, byte(v))
	}
	return b
}

// uint reads an integer value: little-endian, trailing zero bytes left out.
func (t tlv) uint() uint64 {
	u := unpacker{b: t.value}
	return u.u(min(len(t.value), 8))
}

func (t tlv) text() string { return text.CP866.DecodeZ(t.value) }
