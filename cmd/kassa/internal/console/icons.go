package console

import (
	"fmt"
	"html/template"
)

// icons are drawn on a 24 by 24 grid with a round pen of 1.8.
var icons = map[string]string{
	"cloud":     `<path d="M7 18h10a4 4 0 0 0 .6-7.95A6 6 0 0 0 6.1 9.6 4.3 4.3 0 0 0 7 18z"/>`,
	"cloudoff":  `<path d="M9 5.6A6 6 0 0 1 17.6 10a4 4 0 0 1 2.7 6M17 18H7a4.3 4.3 0 0 1-.9-8.4M4 4l16 16"/>`,
	"printer":   `<path d="M7 9V4h10v5M7 17H5a1 1 0 0 1-1-1v-5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v5a1 1 0 0 1-1 1h-2M7 14h10v6H7z"/>`,
	"queue":     `<path d="M12 20V9M8 12.5 12 8.5l4 4M5 4h14"/>`,
	"shift":     `<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>`,
	"person":    `<circle cx="12" cy="8.5" r="3.5"/><path d="M5 20a7 7 0 0 1 14 0"/>`,
	"search":    `<circle cx="11" cy="11" r="6"/><path d="m20 20-4.6-4.6"/>`,
	"folder":    `<path d="M4 7a1 1 0 0 1 1-1h4.5l2 2H19a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/>`,
	"back":      `<path d="M19 12H5m6-6-6 6 6 6"/>`,
	"erase":     `<path d="M9 6h11v12H9l-5.5-6zM12 10l4 4m0-4-4 4"/>`,
	"close":     `<path d="m6 6 12 12M18 6 6 18"/>`,
	"check":     `<path d="m5 12.5 4.5 4.5L19 7"/>`,
	"warning":   `<path d="M12 4 2.8 19.5h18.4zM12 10v4.5m0 2.6v.1"/>`,
	"parked":    `<path d="M6 4h12v16l-6-4-6 4z"/>`,
	"documents": `<path d="M7 4h7l4 4v12H7zM14 4v4h4M10 12h5m-5 4h5"/>`,
	"keys":      `<path d="M3.5 7h17v10h-17zM7 10.5v.1m3.3-.1v.1m3.3-.1v.1m3.4-.1v.1M8 14h8"/>`,
	"cash":      `<path d="M3 7h18v10H3z"/><circle cx="12" cy="12" r="2.5"/><path d="M6 12v.1m12-.1v.1"/>`,
	"card":      `<path d="M3 6.5h18v11H3zM3 10.5h18M6.5 14.5h3"/>`,
	"trash":     `<path d="M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5.5m3-5.5v5.5"/>`,
	"barcode":   `<path d="M4 6v12M7.5 6v12M10 6v12M13.5 6v12M16 6v12M20 6v12"/>`,
	"cashin":    `<path d="M12 3v10m-4-4 4 4 4-4M4 13v7h16v-7"/>`,
	"cashout":   `<path d="M12 13V3m-4 4 4-4 4 4M4 13v7h16v-7"/>`,
	"bank":      `<path d="M3 9.5 12 4l9 5.5zM5.5 10v7m4.5-7v7m4-7v7m4.5-7v7M3.5 20h17"/>`,
	"count":     `<path d="M3 6h13v8H3zM6 17h15V9"/><circle cx="9.5" cy="10" r="1.8"/>`,
	"giveback":  `<path d="M9 7 4 12l5 5M4 12h11a5 5 0 0 1 0 10"/>`,
	"percent":   `<path d="M18.5 5.5l-13 13"/><circle cx="7.5" cy="7.5" r="2.5"/><circle cx="16.5" cy="16.5" r="2.5"/>`,
	"exchange":  `<path d="M4 9h15m-4-4 4 4-4 4M20 15H5m4 4-4-4 4-4"/>`,
	"more":      `<circle cx="5.5" cy="12" r="1.4"/><circle cx="12" cy="12" r="1.4"/><circle cx="18.5" cy="12" r="1.4"/>`,
	"why":       `<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8m0 2.8v.1"/>`,
	"chart":     `<path d="M4 20h16M7 20v-7m5 7V6m5 14v-10"/>`,
	"book":      `<path d="M5 5.5A1.5 1.5 0 0 1 6.5 4H19v14H6.5A1.5 1.5 0 0 0 5 19.5zm0 14A1.5 1.5 0 0 0 6.5 21H19v-3M9 8h6"/>`,
	"scales":    `<path d="M12 4v16m-4 0h8M5 7h14M5 7l-2.5 6h5zm14 0-2.5 6h5z"/>`,
	"wrench":    `<path d="M14.5 6.5a4 4 0 0 1 5-1.5l-2.8 2.8.5 2 2 .5L22 7.5a4 4 0 0 1-5.5 4.6L8.6 20a2 2 0 0 1-2.8-2.8l7.9-7.9a4 4 0 0 1 .8-2.8z"/>`,
	"lock":      `<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2.5"/>`,
	"help":      `<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="3.5"/><path d="m6 6 3.5 3.5m5 5L18 18M18 6l-3.5 3.5m-5 5L6 18"/>`,
	"kitchen":   `<path d="M4 15.5a8 8 0 0 1 16 0zM3 19h18M12 7.5V5.5m-2 0h4"/>`,
	"note":      `<path d="M5 4h14v11l-5 5H5zM14 20v-5h5M8.5 9h7m-7 3.5h4"/>`,
	"update":    `<path d="M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.5 3.5v4h-4M12 8v4.5l3 1.8"/>`,
	"sliders":   `<path d="M5 7h8m4 0h2M5 12h2m4 0h8M5 17h9m4 0h1"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="12" r="2"/><circle cx="16" cy="17" r="2"/>`,
	"qr":        `<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM7 7v.1M17 7v.1M7 17v.1M14 14h2.5v2.5M20 14v.1M14 20v-.1M17.5 20H20v-2.5"/>`,
	"minus":     `<path d="M6 12h12"/>`,
	"plus":      `<path d="M6 12h12M12 6v12"/>`,
}

// icon draws one of the icons in the colour of the text around it. It says
// nothing to a screen reader: the words beside it do.
func icon(name string) (template.HTML, error) {
	body, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("console: no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + body + `</svg>`), nil
}
