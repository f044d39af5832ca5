package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// unzipped reads a bundle's parts.
func unzipped(t *testing.T, bundle []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// The bundle of a real till tells what helps and nothing of what is nobody's
// business, wherever that was put: journal, configuration, catalogue, log,
// token files, codes that were scanned.
func TestSupportBundle(t *testing.T) {
	r := newRig(t, "")
	r.withContact()
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	more := string(text) + "[evotor]\nuser = \"01-000000000777001\"\n[roles]\ntechnician = [\"badge-77001234\"]\n[cloud.ofd]\nurl = \"http://127.0.0.1:9\"\ncredentials = \"ofd-s3cret.toml\"\n"
	if err := errors.Join(os.WriteFile(r.config(), []byte(more), 0o600), os.WriteFile(filepath.Join(r.dir, "ofd-s3cret.toml"), []byte("token = \"OAuth y0_AgAAAAB7\"\nkey = \"k3y-0f-the-0fd\"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	r.start("")
	token, err := os.ReadFile(filepath.Join(r.dir, "data", "api.token"))
	if err != nil {
		t.Fatal(err)
	}
	program := strings.TrimSpace(r.run("token", "add", "bot", "--scope", "api"))
	const tail, card, phone = "dGVzdHRhaWw", "4276380112345672", "+79990001122"
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)
	r.run("scan", "4600000000015")
	r.must("POST", "/api/v1/cheque/contact", map[string]string{"contact": phone})
	for _, code := range []string{"0104600000000992215AbCdE\x1d93" + tail + "\n", card + "\n", "mailto:buyer@example.com\n"} {
		r.kassa(code, "scan", "-") // unknown: a row beside the cheque, with what was scanned
	}
	r.kassa("8642975310\n", "login") // wrong

	file := filepath.Join(r.dir, "help.zip")
	if out := r.run("support", file); strings.TrimSpace(out) != file {
		t.Errorf("%q", out)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() > 2<<20 {
		t.Fatalf("%v %v", info, err)
	}
	r.refused(fault.PathBad, "support", file) // nothing is written over
	r.refused(fault.CopyNoUSB, "support", "usb")
	bundle, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := unzipped(t, bundle)
	secrets := map[string]string{"API token": strings.TrimSpace(string(token)), "program's token": program[strings.LastIndexByte(program, '\n')+1:], "owner's PIN": ownerPIN, "wrong PIN": "8642975310",
		"hash": "argon2", "stored contact": customer, "its digits": "9991234567", "contact": phone[2:], "marking tail": tail, "card": card, "mail": "buyer@", "OFD token": "y0_AgAAAAB7", "OFD key": "k3y-0f", "credentials": "s3cret", "badge": "77001234", "Evotor's user": "777001",
		"cashier": "Иванова"}
	for name, part := range parts {
		for what, secret := range secrets {
			if secret == "" || strings.Contains(part, secret) {
				t.Errorf("%s tells the %s", name, what)
			}
		}
	}
	for name, want := range map[string][]string{
		"config.json": {"shtrih-m", "Europe/Moscow", r.listen}, "state.json": {`"phase": "idle"`, `"shift"`, `"model"`}, "devices.json": {"["}, "journal.json": {`"verify"`, `"ok": true`, `"head"`},
		"metrics.txt": {"kassa_journal_records "}, "log.txt": {"INFO", "journal opened"}, "system.txt": {"kassa test", "data_disk_free", "RssAnon"}, "updates.json": {`"version"`}, "warnings.json": {`"code"`},
		"tls.json": {`"on": false`}, "exchange.json": {`"catalog"`}, "machine.json": {`"what"`},
	} {
		for _, w := range want {
			if !strings.Contains(parts[name], w) {
				t.Errorf("%s lacks %q:\n%.600s", name, w, parts[name])
			}
		}
	}
	var m struct {
		Parts []struct{ Name, Error string }
	}
	if err := json.Unmarshal([]byte(parts["manifest.json"]), &m); err != nil || len(m.Parts) != len(parts)-1 {
		t.Errorf("%v: %d parts told, %d there", err, len(m.Parts), len(parts)-1)
	}
	for _, p := range m.Parts {
		if p.Error != "" {
			t.Errorf("%s: %s", p.Name, p.Error)
		}
	}
	get, post := r.ownerPages(t)
	res, body := get("/support.zip")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/zip" || len(unzipped(t, []byte(body))) != len(parts) {
		t.Errorf("the page's download: %d", res.StatusCode)
	}
	if status := post("/do/support-usb", nil); status != http.StatusNoContent {
		t.Errorf("to the medium: %d", status)
	}
	r.stop()

	short := filepath.Join(r.dir, "short.zip")
	r.run("support", short)
	if bundle, err = os.ReadFile(short); err != nil {
		t.Fatal(err)
	}
	if parts := unzipped(t, bundle); len(parts) != 4 || !strings.Contains(parts["config.json"], "shtrih-m") {
		t.Errorf("without a till: %d parts", len(parts))
	}
}
