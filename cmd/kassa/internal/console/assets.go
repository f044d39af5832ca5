package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// asset is one embedded file, ready to send.
type asset struct {
	name    string
	kind    string
	hash    string // part of its address, so browsers keep it for ever
	body    []byte
	gzipped []byte
}

// bundles join the project's own small files into one download each, in this order.
var bundles = map[string][]string{
	"console.css": {"css/tokens.css", "css/base.css", "css/controls.css", "css/says.css", "css/figures.css", "css/strip.css", "css/sale.css", "css/sheets.css", "css/dialog.css", "css/desk.css", "css/login.css", "css/documents.css", "css/office.css", "css/sync.css", "css/stock.css", "css/customer.css", "css/kiosk.css", "css/setup.css"},
	"console.js":  {"js/stream.js", "js/send.js", "js/dialog.js", "js/letters.js", "js/stock.js", "js/keys.js", "js/pay.js", "js/return.js", "js/login.js", "js/slides.js", "js/kiosk.js"},
}

// loose are files served by themselves.
var loose = []string{"vendor/htmx.min.js", "icon.svg", "css/design.css"}

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func loadAssets() (map[string]*asset, error) {
	all := map[string]*asset{}
	for _, name := range loose {
		if err := loadAsset(all, name, []string{name}); err != nil {
			return nil, err
		}
	}
	for name, parts := range bundles {
		if err := loadAsset(all, name, parts); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func loadAsset(all map[string]*asset, name string, parts []string) error {
	var body bytes.Buffer
	for _, part := range parts {
		b, err := fs.ReadFile(assetFiles, "assets/"+part)
		if err != nil {
			return fmt.Errorf("console: read asset: %w", err)
		}
		body.Write(b)
	}
	sum := sha256.Sum256(body.Bytes())
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(body.Bytes()); err != nil {
		return fmt.Errorf("console: compress asset: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("console: compress asset: %w", err)
	}
	all[name] = &asset{name: name, kind: kinds[path.Ext(name)], hash: hex.EncodeToString(sum[:8]), body: body.Bytes(), gzipped: zipped.Bytes()}
	return nil
}

// release names the version with what pages load from it.
func release(version string, all map[string]*asset) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(sum, "%s %s\n", name, all[name].hash)
	}
	fmt.Fprint(sum, version)
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

func assetPath(all map[string]*asset, name string) (string, error) {
	a := all[name]
	if a == nil {
		return "", fmt.Errorf("console: no asset %q", name)
	}
	return "/assets/" + a.hash + "/" + name, nil
}

// asset serves one file. Another version's address is not found rather than
// answered with this version's content.
func (c *Console) asset(w http.ResponseWriter, r *http.Request) {
	a := c.assets[r.PathValue("name")]
	if a == nil || a.hash != r.PathValue("hash") {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzipped
	}
	if _, err := w.Write(body); err != nil {
		c.o.Log.Debug("console: browser went away", "err", err)
	}
}
