// The page follows the till over one event stream: the whole screen on
// connect, then the regions and cheque lines that changed.
"use strict";

const kassa = { picked: "" };

// What the till said last: revision, phase and so on, as strings.
kassa.state = () => document.getElementById("state")?.dataset ?? {};

(() => {
  const SILENCE = 12000; // ms without a word, twice the server's heartbeat
  const RETRY = 2000; // ms
  const shown = new Map(); // what each region holds
  let source, heard = 0, touched = "";

  function connect() {
    const ask = new URLSearchParams({ page: document.body.dataset.page, release: document.body.dataset.release });
    const lang = new URLSearchParams(location.search).get("lang");
    if (lang) ask.set("lang", lang);
    source = new EventSource("/events?" + ask);
    heard = Date.now();
    const on = (name, f) => source.addEventListener(name, (e) => { heard = Date.now(); found(); f?.(e.data); });
    on("screen", (data) => { shown.clear(); apply(JSON.parse(data)); scanned(); });
    on("patch", (data) => { apply(JSON.parse(data)); const url = scanned(); if (url && !kassa.modal()) kassa.ask(url); });
    on("beat");
    on("go", (to) => { source.close(); location.assign(to); });
    on("fresh", () => { source.close(); heard = Infinity; renew(); });
    source.onerror = () => { lost(); if (source.readyState === EventSource.CLOSED) again(); };
  }

  // Another release runs by now: its page takes the place of this one, once it
  // is sure to come.
  function renew() {
    fetch(location.href, { cache: "no-store" }).then((r) => { if (!r.ok) throw r; location.reload(); }).catch(() => setTimeout(renew, RETRY));
  }

  // A server that answers with an error or a line that went silent ends a
  // source for good; only a new one helps.
  function again() {
    source.close();
    setTimeout(connect, RETRY);
    heard = Date.now() + RETRY;
  }
  setInterval(() => { if (Date.now() - heard > SILENCE) { lost(); again(); } }, 1000);

  const lost = () => { document.getElementById("lost").hidden = false; };
  const found = () => { document.getElementById("lost").hidden = true; };

  // A receipt that is scanned while a page looks on opens what can be done with
  // it, once.
  let receipt = "";
  function scanned() {
    const url = document.querySelector("[data-scanned]")?.dataset.scanned ?? "", fresh = url !== receipt;
    receipt = url;
    return fresh && url;
  }

  function element(html) {
    const t = document.createElement("template");
    t.innerHTML = html;
    return t.content.firstElementChild;
  }

  function apply(patch) {
    const focus = document.activeElement?.id;
    for (const [id, html] of Object.entries(patch.regions ?? {})) {
      const region = document.getElementById("r-" + id);
      if (!region || shown.get(id) === html) continue;
      shown.set(id, html);
      const same = document.createElement("template");
      same.innerHTML = html;
      if (same.innerHTML !== region.innerHTML) region.innerHTML = html; // what stands there already stays under the finger
    }
    applyLines(patch);
    mark();
    if (focus && document.activeElement?.id !== focus) document.getElementById(focus)?.focus({ preventScroll: true });
    follow(patch.regions?.notices !== undefined);
    document.dispatchEvent(new Event("kassa:changed"));
  }

  function applyLines(patch) {
    const list = document.getElementById("lines");
    if (!list) return;
    const fresh = new Map();
    for (const [id, html] of Object.entries(patch.lines ?? {})) {
      const line = element(html), old = document.getElementById("l-" + id);
      if (old) old.replaceWith(line); else fresh.set(id, line);
    }
    if (!patch.order) return;
    const wanted = new Set(patch.order.map((id) => "l-" + id));
    for (const line of [...list.children]) if (!wanted.has(line.id)) line.remove();
    patch.order.forEach((id, i) => {
      const line = fresh.get(id) ?? document.getElementById("l-" + id);
      if (line && list.children[i] !== line) list.insertBefore(line, list.children[i] ?? null);
    });
  }

  // mark shows the chosen line again after its element was replaced.
  function mark() {
    for (const line of document.querySelectorAll(".line.picked")) line.classList.remove("picked");
    const line = kassa.picked && document.getElementById("l-" + kassa.picked);
    if (line) line.classList.add("picked"); else kassa.picked = "";
  }
  kassa.pick = (id) => { kassa.picked = id; mark(); document.getElementById("l-" + id)?.scrollIntoView({ block: "nearest" }); };

  // follow keeps the line that changed last in sight, also when rows above the
  // list take some of its room.
  function follow(squeezed) {
    const s = kassa.state(), line = document.querySelector(".line.touched");
    const now = line ? line.id + "/" + (s.rev ?? line.textContent) : "";
    if (now === touched && !squeezed) return;
    touched = now;
    line?.scrollIntoView({ block: "nearest" });
  }

  document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  connect();
})();
