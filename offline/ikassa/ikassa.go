// Package ikassa is the language of the iKassa SmartX cash register (imlab,
// Belarus) as it is spoken on the local network: the cheques API.
//
// A program sends POST http://<register>:37015/v1 with the operation's name in
// the header INTENT_OPERATION_TYPE (the guide wants the header in upper case
// and takes the value in any case), perhaps a token in Auth-token, and JSON.
// The answer is always a Response: resultCode 200, or one of the codes of
// Result with a sentence. The public source is the programmer's guide at
// smartx.imlab.by and smartx-marking.imlab.by.
//
// Quirks that the code keeps to:
//
//   - sums and quantities are decimal text ("57.47", "0.25", "5") without
//     trailing zeros; numbers and "15.00" are read as well, an exponent is not;
//   - what is absent is left out and never null; null is read as absent;
//   - ids of cheques are any text, not only UUIDs;
//   - an item's code is {0, 10} as numbers in answers and {"1", "1123..."} as
//     text in requests;
//   - sums are rounded half up to a hundredth at every step, VAT is inside the
//     item's total and is not computed again after the cheque's discount.
//
// The package holds no state: everything in it may be used by several
// goroutines. Both the till's own server and a client of a register use it.
package ikassa

import "strings"

// How a request is addressed.
const (
	Port      = 37015 // that a register listens on
	Path      = "/v1"
	HeaderOp  = "INTENT_OPERATION_TYPE"
	HeaderTok = "Auth-token"
)

// Operation names what a request wants.
type Operation string

// The operations that are known from the guide and from clients.
const (
	OpAuth       Operation = "AUTH"
	OpGetCheques Operation = "GET_CHEQUES"
	OpAddCheques Operation = "ADD_CHEQUES"
	OpEditCheque Operation = "ADD_OR_EDIT_CHEQUES"
	OpEditOrder  Operation = "ADD_OR_EDIT_ORDER"
	OpSale       Operation = "SALE"
	OpDeposit    Operation = "DEPOSIT"
	OpTape       Operation = "CONTROL_TAPE"
	OpOther      Operation = "OTHER_INFO"
)

// ParseOperation reads the header's value in any case. What it names need not
// be known.
func ParseOperation(header string) Operation {
	return Operation(strings.ToUpper(strings.TrimSpace(header)))
}

// Limits of a message. Beyond them a request is refused as a bad body.
const (
	MaxBody     = 1 << 20 // bytes
	MaxAnswer   = 8 << 20 // bytes a client reads
	MaxCheques  = 32      // in one request
	MaxItems    = 500     // of one cheque
	MaxUUIDs    = 1000    // asked for at once
	MaxUUID     = 64      // bytes of an id
	MaxText     = 256     // characters of a name, note, number or section
	MaxCode     = 64      // bytes of an item's code
	MaxMarkings = 10      // of one item
	MaxMarking  = 256     // bytes of a code
	MaxTail     = 50      // lines of prefix or suffix
	MaxLine     = 64 << 10
	MaxPin      = 64 // bytes
)

// Limits of the register's arithmetic.
const (
	MaxSum      Sum      = 99_999_999_999_99 // 99 999 999 999.99
	MinSum      Sum      = 1                 // 0.01
	MaxQuantity Quantity = 9_999_999         // 9 999.999
	MinQuantity Quantity = 1                 // 0.001
	MaxPercent  Sum      = 100_00            // a discount or an increase
)
