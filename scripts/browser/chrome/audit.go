package chrome

// Audit is a script that lists what is wrong with a page for people who see
// or move less well: text that does not stand out enough from what is behind
// it (WCAG AA, from the computed styles), things to press that the keyboard
// does not reach or that do not show the focus, requests to other places.
const Audit = `(() => {
  const out = [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className.trim().replaceAll(/\s+/g, ".") : "") + " '" + (e.innerText ?? e.textContent ?? "").trim().slice(0, 30) + "'";

  // Colours.
  const parse = (c) => { const m = c.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/); return m && { r: +m[1], g: +m[2], b: +m[3], a: m[4] === undefined ? 1 : +m[4] }; };
  const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
  const light = ({ r, g, b }) => { const f = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
  const canvas = () => matchMedia("(prefers-color-scheme: dark)").matches ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
  // All that an element's text is painted over, and how opaque that text is.
  function ground(e) {
    const layers = [];
    let opacity = 1;
    for (let p = e; p; p = p.parentElement) {
      const s = getComputedStyle(p), c = parse(s.backgroundColor);
      opacity *= +s.opacity;
      if (!c) return { odd: s.backgroundColor };
      if (c.a > 0) layers.push(c);
      if (c.a === 1) break;
      if (p.matches("dialog")) { layers.push(canvas()); break; }
    }
    return { colour: layers.reverse().reduce((under, top) => over(top, under), canvas()), opacity };
  }
  function contrast(e, colour, what) {
    const g = ground(e), c = parse(colour);
    if (g.odd || !c) return out.push("colour that is not understood: " + (g.odd ?? colour) + " of " + name(e));
    const text = over({ ...c, a: c.a * g.opacity }, g.colour), a = light(text), b = light(g.colour);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05), s = getComputedStyle(e), size = parseFloat(s.fontSize);
    const least = size >= 24 || (size >= 18.66 && +s.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least - .005) out.push("contrast " + ratio.toFixed(2) + what + ": " + name(e) + " " + colour + " on rgb(" + [g.colour.r, g.colour.g, g.colour.b].map(Math.round) + ")");
  }
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && !e.closest(".sr, [aria-hidden=true] > path");
  const seen = new Set(), walker = document.createTreeWalker([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || seen.has(e) || !shown(e) || e.closest("script, style, template, :disabled") || getComputedStyle(e).clipPath !== "none") continue;
    seen.add(e);
    contrast(e, e.closest("svg") ? getComputedStyle(e).fill : getComputedStyle(e).color, "");
    if (/^[a-z]+(\.[a-z]+)+$/.test(n.data.trim()) && !e.closest("dd, .doc-meta")) out.push("a key instead of a text: " + n.data.trim());
  }
  for (const e of document.querySelectorAll("input[placeholder]")) if (shown(e) && !e.value) contrast(e, getComputedStyle(e, "::placeholder").color, " of the placeholder");

  // The keyboard.
  const open = [...document.querySelectorAll("dialog[open]")].at(-1), focus = document.activeElement;
  for (const e of document.querySelectorAll("button, a[href], input:not([type=hidden]), select, [data-do], [data-dialog]")) {
    if (e.disabled || e.tabIndex === -1 && e.type === "radio" || (open && !open.contains(e)) || !e.checkVisibility({ visibilityProperty: true })) continue;
    if (e.tabIndex < 0) { out.push("no key reaches " + name(e)); continue; }
    if (e.tabIndex > 0) out.push("out of order: " + name(e));
    e.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== e) { out.push("takes no focus: " + name(e)); continue; }
    const marked = (x) => x && ((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(x));
    if (!marked(e) && !marked(e.parentElement) && !marked(e.parentElement?.parentElement) && !marked(e.nextElementSibling) && getComputedStyle(e).opacity !== "0") out.push("shows no focus: " + name(e));
  }
  focus?.focus?.({ preventScroll: true });

  for (const r of performance.getEntriesByType("resource")) if (!r.name.startsWith(location.origin + "/")) out.push("request outside: " + r.name);
  return [...new Set(out)].slice(0, 25).join("\n");
})()`
