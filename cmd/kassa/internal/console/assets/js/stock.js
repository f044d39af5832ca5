// The stock document that is being filled: whatever is typed goes into the one
// field, as on the sale's page, and keys correct the line that was counted last.
"use strict";

(() => {
  const field = document.getElementById("count");
  if (!field) return;
  const counting = () => kassa.state().stock === "open";
  const line = () => kassa.picked || document.querySelector(".line.touched")?.dataset.line;
  const on = (name, fields = {}) => { const id = line(); if (id) kassa.send(name, { line: id, ...fields }); };
  const press = (id) => document.getElementById(id)?.click();

  function submit() {
    const text = field.value.trim();
    field.value = "";
    if (!text) return;
    if (/^\d+([.,]\d+)?\*$/.test(text)) on("stock-qty", { qty: text.slice(0, -1).replace(",", ".") });
    else if (/^=\d+([.,]\d{1,2})?$/.test(text)) on("stock-price", { price: text.slice(1).replace(",", ".") });
    else if (text.toUpperCase() === "VD") on("stock-remove");
    else if (/\p{L}{2}/u.test(text) && !/\d{4}/.test(text)) kassa.ask("/dialog/stock-find?text=" + encodeURIComponent(text));
    else send(text);
  }
  async function send(code) {
    if (!(await kassa.send("stock-scan", { code })) && !field.value && !document.getElementById("lost").hidden) field.value = code;
  }
  function step(by) {
    const all = [...document.querySelectorAll(".line")].map((l) => l.dataset.line);
    if (!all.length) return;
    const at = all.indexOf(line());
    kassa.pick(all[Math.max(0, Math.min(all.length - 1, at + (kassa.picked ? by : 0)))]);
  }

  const KEYS = {
    F4: () => press(counting() ? "stock-pause" : "stock-resume"), F6: () => press("stock-find"), F9: () => press("stock-finish"), F11: () => press("stock-more"),
  };
  const EMPTY = { // only while nothing is typed
    ArrowUp: () => step(-1), ArrowDown: () => step(1), Delete: () => on("stock-remove"), "+": () => on("stock-qty", { by: 1 }), "-": () => on("stock-qty", { by: -1 }),
  };
  document.addEventListener("keydown", (e) => {
    if (kassa.modal() || e.isComposing || e.altKey || e.metaKey) return;
    const todo = KEYS[e.key] ?? (counting() && !field.value ? EMPTY[e.key] : undefined);
    if (todo) { e.preventDefault(); return todo(); }
    if (!counting()) return;
    if (e.key === "Escape" && (field.value || kassa.picked)) { e.preventDefault(); field.value = ""; return kassa.pick(""); }
    if (e.key === "Enter" && e.target === field) { e.preventDefault(); return submit(); }
    if (e.ctrlKey) { if (e.key === "]") { e.preventDefault(); field.value += "\x1d"; } return; } // how keyboard scanners spell GS
    if (e.key.length !== 1 || (e.key === " " && e.target.matches("button, a"))) return;
    field.focus({ preventScroll: true }); // the character lands there
  });
  field.addEventListener("beforeinput", (e) => { if (!field.value && EMPTY[e.data]) e.preventDefault(); });
  document.getElementById("count-keys").addEventListener("click", (e) => {
    const key = e.target.closest("button")?.dataset.key;
    if (key === "enter") submit();
    else if (key === "erase") field.value = field.value.slice(0, -1);
    else if (key && field.value.length < field.maxLength) field.value += key;
    field.focus({ preventScroll: true });
  });

  // What was made lately, while nothing is being filled; it is asked for when
  // the place for it appears.
  async function recent() {
    const box = document.querySelector("#recent:empty:not([aria-busy])");
    if (!box) return;
    box.ariaBusy = "true";
    try {
      const answer = await fetch("/stock/recent");
      if (answer.ok) box.innerHTML = await answer.text();
    } catch {
      kassa.warn("t-resend");
    }
    box.ariaBusy = "false";
  }
  let was = "";
  document.addEventListener("kassa:changed", () => {
    const now = kassa.state().stock;
    recent();
    if (now === was) return;
    was = now;
    if (now === "open" && !kassa.modal()) field.focus({ preventScroll: true });
  });
})();
