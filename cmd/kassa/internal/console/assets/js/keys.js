// Scan-first: whatever is typed goes into the one line, Enter sends it. Every
// button has a key, every key a button.
"use strict";

(() => {
  const SURE = 4000; // ms in which the second tap confirms
  const line = document.getElementById("line");
  const byId = (id) => document.getElementById(id);
  const sheet = () => document.querySelector(".sheet:not([hidden])");
  let armed = null; // a weighed item waiting for its weight

  // Sheets.
  kassa.open = (name) => {
    const s = byId("sheet-" + name);
    if (!s) return;
    const was = sheet();
    if (was) was.hidden = true;
    if (was === s) return home();
    s.hidden = false;
    document.dispatchEvent(new CustomEvent("kassa:sheet", { detail: name }));
    if (name !== "pay") s.querySelector("[data-close]").focus({ preventScroll: true });
  };
  kassa.close = () => { const s = sheet(); if (s) s.hidden = true; home(); };
  const input = () => (sheet()?.id === "sheet-pay" ? byId(sheet().dataset.mode === "ways" ? "claim" : "cash") : line);
  const home = () => (input() ?? byId("pin"))?.focus({ preventScroll: true });

  // The line.
  function submit() {
    const text = line.value.trim();
    if (armed) {
      if (text) send("scan", { code: text.replace(",", ".").replace(/\*$/, "") + "*" + armed.code });
      arm(null);
    } else if (!text) {
      if (!byId("pay")?.disabled) kassa.open("pay");
      return;
    } else if (/^\d+([.,]\d+)?\*$/.test(text)) {
      onLine("qty", { qty: text.slice(0, -1).replace(",", ".") });
    } else if (/^\d+([.,]\d+)?D[IT]$/i.test(text)) { // 10DI: the line, 10DT: the whole cheque
      const value = text.slice(0, -2).replace(",", ".");
      if (/I$/i.test(text)) onLine("line-discount", { value });
      else kassa.send("discount", { value });
    } else if (kassa.words[text.toUpperCase()]) {
      kassa.words[text.toUpperCase()]();
    } else if (/^CP\s*\d+$/i.test(text)) {
      location.assign("/documents?find=" + text.slice(2).trim());
    } else if (onlyHit(text)) {
      return tap(onlyHit(text));
    } else {
      send("scan", { code: text });
    }
    erase();
  }
  // Words of the line, as tills have long had them.
  kassa.words = {
    RF: () => kassa.ask("/dialog/take-back"),
    KT: () => kassa.send("kitchen"),
    NS: () => kassa.ask("/dialog/no-sale"),
    VD: () => onLine("remove"),
    ST: () => location.assign("/stock"),
  };
  // A name that fits one item means that item.
  function onlyHit(text) {
    const hits = document.querySelectorAll("#tiles .tile[data-code]");
    return /\p{L}{2}/u.test(text) && byId("tiles").dataset.found === text && hits.length === 1 ? hits[0] : null;
  }
  // A command that could not be delivered comes back into the line.
  async function send(name, fields) {
    if (!(await kassa.send(name, fields)) && name === "scan" && !line.value && byId("lost").hidden === false) line.value = fields.code;
  }
  function erase() {
    line.value = "";
    line.inputMode = "none";
    if (byId("tiles").dataset.sought) htmx.ajax("GET", "/tiles", { source: line, target: "#tiles" });
  }
  function arm(item) {
    armed = item;
    byId("armed").hidden = !item;
    byId("armed").textContent = item ? line.dataset.weight.replace("#", item.name) : "";
  }
  function tap(tile) {
    const count = line.value.trim().match(/^(\d+(?:[.,]\d+)?)\*?$/)?.[1]?.replace(",", ".");
    const times = count ?? line.value.match(/^(\d+(?:\.\d+)?)\*/)?.[1];
    if ("weighed" in tile.dataset && !times && !("scale" in byId("sale").dataset)) { erase(); return arm(tile.dataset); }
    send("scan", { code: (times ? times + "*" : "") + tile.dataset.code });
    arm(null);
    erase();
  }

  // Lines of the cheque.
  const lineId = () => kassa.picked || document.querySelector(".line.touched")?.dataset.line || document.querySelector(".line:last-child")?.dataset.line;
  function onLine(name, fields = {}) {
    const id = lineId();
    if (id) kassa.send(name, { line: id, ...fields });
  }
  function step(by) {
    const all = [...document.querySelectorAll(".line")].map((l) => l.dataset.line);
    if (!all.length) return;
    const at = all.indexOf(lineId());
    kassa.pick(all[Math.max(0, Math.min(all.length - 1, at + (kassa.picked ? by : 0)))]);
  }

  // Buttons that do something. The destructive ones ask for a second tap.
  function run(button) {
    const { do: name, by, id, line: at, approved, sure, then } = button.dataset;
    if (sure && !button.classList.contains("sure")) {
      const label = button.querySelector("span") ?? button, was = label.textContent;
      button.classList.add("sure");
      label.textContent = sure;
      setTimeout(() => { button.classList.remove("sure"); label.textContent = was; }, SURE);
      return;
    }
    const fields = {};
    if (by) fields.by = by;
    if (id) fields.id = id;
    if (approved) fields.approved = approved;
    if (at) fields.line = at;
    kassa.send(name, fields).then((ok) => { if (ok && then === "close") kassa.close(); });
  }

  // A name typed into the line is the parked cheque's; a finger is asked for one.
  const typedName = () => { const name = /\p{L}{2}/u.test(line.value) ? line.value : ""; erase(); return name; };
  const park = () => kassa.send("park", { name: typedName() });

  function press(key) {
    const into = input();
    if (key === "enter") return submit();
    if (key === "erase") into.value = into.value.slice(0, -1);
    else if (into.value.length < into.maxLength) into.value += key;
    into.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("click", (e) => {
    if (kassa.modal()) return; // dialog.js
    const b = e.target.closest("button, a, [data-code]");
    if (!b) { if (sheet()?.classList.contains("wide") && !e.target.closest(".sheet")) kassa.close(); return; }
    const d = b.dataset;
    if ("clear" in d) kassa.clear();
    else if (d.dialog) kassa.ask(d.dialog);
    else if ("park" in d) kassa.ask("/dialog/park?name=" + encodeURIComponent(typedName()));
    else if (d.sheet) kassa.open(d.sheet);
    else if ("close" in d) kassa.close();
    else if (d.do) run(b);
    else if (d.pick) kassa.pick(kassa.picked === d.pick ? "" : d.pick);
    else if (d.code) tap(b);
    else if (d.key && input()) press(d.key);
    else if (d.tab) { byId("sale").dataset.tab = d.tab; for (const t of document.querySelectorAll("[role=tab]")) t.ariaSelected = String(t === b); }
    else if (b.id === "search") { line.inputMode = "search"; line.blur(); byId("sale").dataset.tab = "goods"; }
    if (e.detail > 0 && line && !d.dialog && !("park" in d) && !sheet()?.classList.contains("wide")) home(); // a finger: back to the line; a key: stay
  });

  const KEYS = {
    F1: () => kassa.open("help"), F2: () => { kassa.close(); line.select(); }, F3: () => location.assign("/documents"),
    F4: park, F5: () => (byId("doubt") ? byId("doubt").click() : kassa.ask("/dialog/terms")), F6: () => kassa.open("parked"), F7: () => location.assign("/shift"), F8: () => kassa.open("status"),
    F11: () => (sheet()?.id === "sheet-pay" ? byId("ways").click() : kassa.ask("/dialog/more")),
    F9: () => { if (!byId("pay").disabled) kassa.open("pay"); },
    F10: () => { if (!byId("pay").disabled) { if (sheet()?.id !== "sheet-pay") kassa.open("pay"); byId("card").click(); } },
    Escape: () => { if (line.value || armed) { erase(); arm(null); } else if (sheet()) kassa.close(); else if (kassa.picked) kassa.pick(""); else kassa.clear(); },
  };
  const EMPTY = { // only while nothing is typed
    ArrowUp: () => step(-1), ArrowDown: () => step(1), Delete: () => onLine("remove"),
    "+": () => onLine("qty", { by: 1 }), "-": () => onLine("qty", { by: -1 }),
  };

  // Pages beside the sale.
  const AWAY = { F2: "/sale", F3: "/documents", F7: "/shift", Escape: "/sale" };
  function elsewhere(e) {
    if (e.key === "Escape" && sheet()) return kassa.close();
    if (e.key === "F5") { e.preventDefault(); return byId("doubt")?.click(); }
    if (e.key === "F8") { e.preventDefault(); return kassa.open("status"); }
    if (!AWAY[e.key] || !byId("strip-menu") || byId("login")) return;
    e.preventDefault();
    location.assign(AWAY[e.key]);
  }

  document.addEventListener("keydown", (e) => {
    if (kassa.modal() || e.defaultPrevented) return;
    if (!line) return elsewhere(e);
    const choice = e.altKey && !line.value && /^Digit[1-9]$/.test(e.code) && document.querySelector(`[data-nth="${e.code[5]}"]`);
    if (choice) { e.preventDefault(); return run(choice); }
    if (e.isComposing || e.altKey || e.metaKey || (e.ctrlKey && e.key !== "]")) return;
    const todo = KEYS[e.key] ?? (e.target.id !== "cash" && !line.value && !sheet() ? EMPTY[e.key] : undefined);
    if (todo) { e.preventDefault(); return todo(); }
    if (e.key === "Enter" && e.target === line) { e.preventDefault(); return submit(); }
    if (e.ctrlKey) { e.preventDefault(); return press("\x1d"); } // how keyboard scanners spell GS
    if (e.key.length !== 1 || e.target.matches("input:not(#line)")) return;
    if (e.key === " " && e.target.matches("button, a")) return; // presses the button
    if (e.target === line) return;
    if (sheet() && sheet().id !== "sheet-pay") sheet().hidden = true; // a scan works on every sheet
    home(); // the character lands in the line
  });

  line?.addEventListener("beforeinput", (e) => { if (!line.value && EMPTY[e.data]) e.preventDefault(); });

  // The tiles show what was asked for last. Only a name is a search: a code
  // being typed leaves the tiles alone, and so does the line erased after it,
  // which may reach here late, when a finger is already inside a folder.
  document.addEventListener("htmx:config:request", (e) => {
    const { sourceElement: source, target } = e.detail.ctx, tiles = byId("tiles");
    if (target !== tiles) return;
    const name = source === line && /\p{L}{2}/u.test(line.value);
    if (source === line && !name && (line.value || !tiles.dataset.sought)) return e.preventDefault();
    if (name) tiles.dataset.sought = line.value.trim();
    else delete tiles.dataset.sought;
    delete tiles.dataset.found;
  });
  document.addEventListener("htmx:after:swap", (e) => {
    const tiles = byId("tiles");
    if (e.detail.ctx.target === tiles && tiles.dataset.sought) tiles.dataset.found = tiles.dataset.sought;
  });
  kassa.submitLine = (text) => send("scan", { code: text });
})();
