// Package shtrihtest is a test double of a SHTRIH-M fiscal printer: the bench
// and the tests talk to it over TCP, a pseudo terminal or a pair in memory.
// It is not a KKT and must never be presented as one: its FN numbers begin
// with 99990789, which tills refuse outside a bench, every slip of its paper
// says "ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", and its fiscal signs are checksums.
//
// It keeps the rules a till can break: framing v1 and v2 with the device's
// states, numbers and byte time-outs, passwords, lengths, modes and sub-modes,
// the order of the commands of a receipt, sums, VAT codes, the shift's 24
// hours, cash in the drawer, paper. Documents go to an archive as FFD tags and
// can be read back.
//
// It has two ports, the network and the serial line, which may be used at the
// same time. Each settles on v1 or v2 by the first byte it hears after
// power-up or 14h, and has v2 numbers of its own.
//
// With Options.StatePath the state is durable before a command is answered, so
// killing the process is pulling the plug of the device.
//
// Settings stand in tables with the metadata real devices give (2Dh, 2Eh), in a
// desktop's numbering or in an Android device's. Marking codes are checked by
// their form and by knobs: what the FN's own check says, and what the marking
// system says. What this device can not know it does not pretend: signatures
// are not verified, tickets of the OFD are checksums.
//
// What its FN has to say to its operator and to the marking system goes by the
// host (FF30h to FF33h) or over its own network (Network). A document stays
// unconfirmed until a ticket signed for it was taken; after 30 days of that the
// FN registers nothing more.
//
// Its paper is a roll of slips: as text (Paper), or with the look of its lines
// (Slips). The QR code of a receipt is printed void.
//
// Everything that can go wrong on a shop floor is a fault (Faults lists them);
// Options.Hook stops the world round a command. All methods may be called
// from any goroutine, hooks included; a hook must not call ServeConn.
package shtrihtest
