// Package input reads barcode scanners that are keyboards or HID scanners to
// the kernel, as links that deliver the code's bytes.
//
// Most USB scanners leave the factory as a keyboard. Read through the
// console's browser such a scanner types into whatever has the focus, in the
// layout of the day, and loses the separators of marking codes. Here its
// event device is grabbed (EVIOCGRAB): nothing else gets its keys, and they
// are read by scancode with one fixed table, US, whatever the system's layout
// is. Scanners are told apart by their device, never by their typing speed.
//
// Better scanners speak HID POS (usage page 8Ch, "Barcode Scanner"): a report
// holds a code's bytes as they are in the symbol, and what symbology it is.
// Those are read through hidraw; where a report keeps what is found in its
// descriptor, so no vendor needs a driver.
//
// Traps:
//
//   - The kernel drops events when nobody reads for long (SYN_DROPPED). What is
//     left of a code is not the code: the link ends with ErrDropped, and the
//     scanner reports an incomplete code.
//   - A key that is on no scanner's mind (an arrow, a function key) becomes
//     U+FFFD: the code is unknown then, never another one.
//   - GS is sent as Ctrl-], as F8, or as Alt with 029 on the keypad.
//   - struct input_event is 24 bytes on the 64-bit kernels that are supported.
//   - Neither device may be opened without a udev rule or root.
//
// Sources: the kernel's Documentation/input (event codes, evdev), hidraw;
// USB-IF "HID Usage Tables" and "HID Point of Sale Usage Tables" 1.02;
// "Device Class Definition for HID" 1.11, section 6.2.2 (report descriptors).
//
// An Opener may be used concurrently, a link by one reader.
package input
