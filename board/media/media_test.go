package media

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// machine makes a root with disks: "sda usb 1" hangs on USB and is removable.
func machine(t *testing.T, disks []string, mounts ...string) string {
	t.Helper()
	root := t.TempDir()
	put := func(name, text string) {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, "sys/class/block"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, d := range disks {
		var name, bus, flag string
		if _, err := fmt.Sscan(d, &name, &bus, &flag); err != nil {
			t.Fatal(err)
		}
		at := "sys/devices/" + bus + "/block/" + name
		part := name + "1"
		if strings.HasPrefix(name, "mmc") {
			part = name + "p1"
		}
		put(at+"/removable", flag+"\n")
		put(at+"/"+part+"/partition", "1\n")
		for link, to := range map[string]string{name: at, part: at + "/" + part} {
			if err := os.Symlink(filepath.Join(root, to), filepath.Join(root, "sys/class/block", link)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("proc/self/mounts", strings.Join(mounts, "\n")+"\n")
	return root
}

func TestMounted(t *testing.T) {
	board := "/dev/mmcblk0p1 / ext4 rw 0 0"
	for what, c := range map[string]struct {
		disks, mounts []string
		lived         []string
		want          []Medium
	}{
		"nothing": {[]string{"mmcblk0 soc 0"}, []string{board, "proc /proc proc rw 0 0"}, nil, nil},
		"a stick": {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, `/dev/sda1 /media/MY\040STICK vfat rw,nosuid 0 0`}, nil,
			[]Medium{{"/dev/sda1", "/media/MY STICK", "vfat"}}},
		"a stick without partitions":        {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, `/dev/sda /mnt exfat rw 0 0`}, nil, []Medium{{"/dev/sda", "/mnt", "exfat"}}},
		"an SSD on USB":                     {[]string{"mmcblk0 soc 0", "sda pci/usb1 0"}, []string{board, `/dev/sda1 /mnt ext4 rw 0 0`}, nil, []Medium{{"/dev/sda1", "/mnt", "ext4"}}},
		"a second inner disk":               {[]string{"mmcblk0 soc 0", "sda ata 0"}, []string{board, `/dev/sda1 /mnt ext4 rw 0 0`}, nil, nil},
		"write-protected":                   {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, `/dev/sda1 /mnt vfat ro 0 0`}, nil, nil},
		"mounted twice":                     {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, `/dev/sda1 /b vfat rw 0 0`, `/dev/sda1 /a vfat rw 0 0`}, nil, []Medium{{"/dev/sda1", "/b", "vfat"}}},
		"hidden by another mount":           {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, `/dev/sda1 /a vfat rw 0 0`, `tmpfs /a tmpfs rw 0 0`}, nil, nil},
		"the machine itself boots from USB": {[]string{"sda pci/usb1 1", "sdb pci/usb2 1"}, []string{"/dev/sda1 / ext4 rw 0 0", "/dev/sdb1 /mnt vfat rw 0 0"}, nil, []Medium{{"/dev/sdb1", "/mnt", "vfat"}}},
		"the till's data are on USB":        {[]string{"mmcblk0 soc 0", "sda pci/usb1 1"}, []string{board, "/dev/sda1 /data ext4 rw 0 0"}, []string{"/data/kassa"}, nil},
		"two sticks": {[]string{"mmcblk0 soc 0", "sda pci/usb1 1", "sdb pci/usb1 1"}, []string{board, `/dev/sdb1 /b vfat rw 0 0`, `/dev/sda1 /a vfat rw 0 0`, "short line"}, nil,
			[]Medium{{"/dev/sda1", "/a", "vfat"}, {"/dev/sdb1", "/b", "vfat"}}},
	} {
		t.Run(what, func(t *testing.T) {
			got, err := Mounted(machine(t, c.disks, c.mounts...), c.lived...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
	if _, err := Mounted("/"); err != nil {
		t.Errorf("this machine: %v", err)
	}
	if _, err := Mounted(t.TempDir()); err == nil {
		t.Error("no /proc")
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`a\040b`: "a b", `a\134b`: `a\b`, `a\`: `a\`, `\9`: `\9`, `\777x`: `\777x`, "": ""} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
