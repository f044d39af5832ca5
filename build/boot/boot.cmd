# Chooses the slot that starts, by RAUC's contract with U-Boot: BOOT_ORDER and
# BOOT_<slot>_LEFT. The state is two raw 16 KiB copies of an environment in the
# gap before partition 1 (sectors 0x800 and 0x820), the same on every board;
# saveenv is not used. board/slots reads and writes the same copies.
#
# Numbers in the environment are hexadecimal and `test` reads decimal: counters
# stay below ten.
if test "${board}" = "qemu-arm"; then
  setenv ka 0x41000000; setenv ra 0x48000000; setenv da ${fdt_addr}; setenv ea 0x47f00000
  setenv con "console=ttyAMA0"
else
  # A kernel of 52 MB and what it zeroes behind itself end below 0x08000000;
  # all of it fits a board with 512 MB.
  setenv ka 0x04000000; setenv ra 0x0c000000; setenv da 0x0bf00000; setenv ea 0x0be00000
  setenv con "console=ttyS1,115200 console=tty0"
  if test "${board_rev}" = "0x17"; then setenv con "console=ttyAMA10,115200 console=tty0"; fi
fi
setenv BOOT_ORDER "A B"; setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3
setenv blk ${devtype}
${blk} dev ${devnum}
${blk} read ${ea} 0x800 0x20
if env import -c ${ea} 0x4000 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT; then
  echo "slots: state read"
else
  ${blk} read ${ea} 0x820 0x20
  if env import -c ${ea} 0x4000 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT; then echo "slots: second copy"; else echo "slots: defaults"; fi
fi
setenv slot; setenv rescue
for s in "${BOOT_ORDER}"; do
  if test "x${slot}" != "x"; then
    true
  elif test "x${s}" = "xA"; then
    if test ${BOOT_A_LEFT} -gt 0; then setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1; setenv slot A; setenv part 2; fi
  elif test "x${s}" = "xB"; then
    if test ${BOOT_B_LEFT} -gt 0; then setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1; setenv slot B; setenv part 3; fi
  fi
done
if test "x${slot}" = "x"; then
  echo "slots: all attempts are spent, rescue"
  setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3; setenv rescue "till.rescue=1"
  setenv slot A; setenv part 2
  # A spoilt update leaves B alone in the order.
  if test "${BOOT_ORDER}" = "B A"; then setenv slot B; setenv part 3; fi
  if test "${BOOT_ORDER}" = "B"; then setenv slot B; setenv part 3; fi
fi
env export -c -s 0x4000 ${ea} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
${blk} write ${ea} 0x800 0x20
${blk} write ${ea} 0x820 0x20
echo "slots: starting ${slot}, order ${BOOT_ORDER}, left A=${BOOT_A_LEFT} B=${BOOT_B_LEFT}"
setenv bootargs "root=PARTUUID=7111c0de-0${part} ro rootwait panic=10 ${con} rauc.slot=${slot} ${rescue} quiet loglevel=4"
if test "${board}" != "qemu-arm"; then
  if load ${devtype} ${devnum}:${part} ${da} /boot/dtbs/${fdtfile}; then echo "slots: device tree of the slot"; else setenv da ${fdt_addr}; fi
fi
if load ${devtype} ${devnum}:${part} ${ka} /boot/vmlinuz; then
  if load ${devtype} ${devnum}:${part} ${ra} /boot/initrd.img; then
    booti ${ka} ${ra}:${filesize} ${da}
  fi
fi
echo "slots: ${slot} does not start"
sleep 2
reset
