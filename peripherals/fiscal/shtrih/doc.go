// Package shtrih drives fiscal printers (KKT) of the SHTRIH-M family over
// RS-232, USB CDC or TCP.
//
// Protocol: "Протокол ККТ" 1.16/1.17 by the vendor, with what captures of real
// devices in public bug trackers say where the document is silent. RS-232 is
// 8N1, 115200 on newer devices; over Ethernet, Wi-Fi and RNDIS the device is a
// TCP server (port 7778 on desktop models, 12345 on Android ones).
//
// # Layers
//
//	printer.go, prepare.go, commit.go, find.go   fiscal.Printer, in commands
//	check.go, requisites.go, item.go, receipt.go,
//	correction.go, cash.go, vat.go               what documents are made of
//	marking.go, markbuffer.go, productcode.go    marking codes
//	facts.go, clock.go, document.go, print.go    fiscal.Service
//	exchange.go                                  fiscal.Exchanger: the FN's messages
//	tables.go, settings.go, settinglist.go       settings tables
//	session.go, commands.go, answers.go          commands, refusals, reconnecting
//	transport.go                                 one payload there, one back
//	detect.go                                    which discipline, at which speed
//	v1.go, frame.go                              ENQ and STX
//	v2.go, frame2.go                             numbered frames
//	stream.go                                    bytes and their time-outs
//
// A device settles on one of two line disciplines by the first byte it hears
// after power-up. Unless told otherwise the driver asks for v1 first, then for
// v2, sends nothing else between, and begins with what worked the next time.
//
// # Exactly once
//
// In framing v1 the device keeps an answer that was not confirmed and gives it
// again after ENQ. So a lost answer is fetched, not provoked: no command is
// sent without an ENQ that the device answered "idle" first, and one that
// registers a document or moves cash (FF45h, FF4Ah, FF38h, E0h, 41h, 50h,
// 51h) is never sent a second time unless the device itself said that the
// frame came damaged.
//
// In framing v2 the device executes a frame only when its number follows the
// last one's, and keeps the last answer: a frame may be sent again at will. A
// device that was switched off counts from 1 again, so the number 2 never
// carries a command that does anything.
//
// What the line can not tell (link lost, power cut, somebody else's command
// between) is left to Find, which asks the FN.
//
// # Marking codes
//
// In FFD 1.2 a code is checked (FF61h) and accepted (FF69h) before the receipt
// is opened, or within it where firmware wants that, and bound after its item's
// tags (FF67h). The FN's buffer of accepted codes is emptied whenever it holds
// more than the receipt to come; a check made at the scanner is used again for
// a quarter of an hour, over the same connection. A bad code refuses its line.
// In FFD 1.05 the code goes as tag 1162, without its tail. Codes never go to
// the log.
//
// # Exchange by host
//
// A device without a network of its own offers the FN's messages in a buffer
// (FF30h, FF31h) and takes the answers there (FF32h, FF33h). A call does one
// block, waits for no print, and goes on where it was after questions; after
// anything that may have used the buffer it begins anew.
// The FN keeps a message first until it has taken its answer, so nothing here
// has to be remembered. Which codes a device refuses with that has its own
// network, and the name of the setting that says so, are not documented: a
// handful of each is understood. Blocks of 0 or more than 240 bytes are read
// as 64.
//
// # Quirks
//
//   - A stray FFh may arrive before any control byte; it is skipped.
//   - FF46h counts operation kinds in another order than 8Dh.
//   - VAT rates of FF46h are a bit mask, from row 11 on C0h plus the row.
//   - E0h may answer with or without an operator byte; answers may have a
//     longer tail than documented, or a shorter one. What is known is parsed.
//   - Printed text is cp1251, FFD tags are cp866.
//   - Settings tables differ between models: they are found by name.
//   - Flags of the lid and the drawer mean something only on models that say
//     they have the sensor (F7h).
//   - FF68h gives its date with the year first or with the day first; FF60h
//     answers with a tag or with its value; FF3Bh may give a long item as its
//     head with its tags after it. All of these are read.
//   - The battery and supply of 10h mean volts on desktop devices only.
//   - "Still printing" (50h) and "waits for B0h" (58h) mean the command was
//     not executed; they are waited out within Timeouts.Print.
//   - Firmware may replace VAT 20 % by 22 %. It is told not to when a shift is
//     opened, and a receipt it would change is refused.
//   - With table 1's VAT mode "by the host" the stored sums are sent, and rates
//     without a place of their own (5, 7 and 22 %) are refused; by default the
//     device works VAT out line by line, and stored VAT it would not arrive at
//     is refused.
//   - Corrections have no items in FFD 1.05 and are receipts of their own kind
//     since 1.1; cash in and out leave nothing in the FN (see cash.go).
//   - "Do not print one document" is left behind by a receipt that came to
//     nothing; it is taken back before the next.
//
// A Printer belongs to one goroutine; Halt alone may be called from another.
package shtrih
