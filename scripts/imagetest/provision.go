package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// What a rollout team writes into the card's own file; the password is looked for
// on the whole partition afterwards.
const (
	cardName     = "till-7"
	cardNetwork  = "Shop 7"
	cardPassword = "a-password-of-the-shop"
)

// provision fills the file that the image has on its FAT partition, as an editor
// does.
func (s *scene) provision() error {
	path := s.path("kassa.toml")
	if err := tool("mcopy", "-o", "-n", "-i", s.card.stable+fatAt, "::kassa.toml", path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	filled := string(text)
	for key, value := range map[string]string{"hostname": cardName, "ssid": cardNetwork, "password": cardPassword, "country": "RU"} {
		line := "\n" + key + ` = ""`
		if !strings.Contains(filled, line) {
			return fmt.Errorf("the card's file has no %s", key)
		}
		filled = strings.Replace(filled, line, "\n"+key+` = "`+value+`"`, 1)
	}
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		return err
	}
	return tool("mcopy", "-o", "-i", s.card.stable+fatAt, path, "::kassa.toml")
}

// provisioned looks at what came of it at the first start.
func (s *scene) provisioned(ctx context.Context) error {
	const look = "cat /proc/sys/kernel/hostname '/data/iwd/" + cardNetwork + ".psk' /data/identity/iwd/main.conf /boot/firmware/kassa.toml; " +
		"ls /boot/firmware; sync; echo 3 >/proc/sys/vm/drop_caches; echo found $(grep -ac " + cardPassword + " /dev/disk/by-partuuid/7111c0de-01)"
	out, err := s.run(ctx, "", look)
	if err != nil {
		return err
	}
	for _, want := range []string{cardName + "\n", "Passphrase=" + cardPassword, "Country=RU", `password = ""`, `ssid = "` + cardNetwork + `"`, "found 0"} {
		if !strings.Contains(out, want) {
			return fmt.Errorf("the card's file: no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "\nkassa.errors.txt\n") || strings.Contains(out, "\nkassa.new\n") {
		return fmt.Errorf("the card's file left something beside it:\n%s", out)
	}
	s.say("the card's file: host name and Wi-Fi taken, the password nowhere on the FAT partition any more")
	return nil
}
