// The payment sheet: exact, a ready sum, notes, a typed sum, or a card.
"use strict";

(() => {
  const sheet = document.getElementById("sheet-pay");
  if (!sheet) return;
  const CODE = 8; // digits from which a typed number is a barcode, not money
  const cash = document.getElementById("cash");
  const change = document.getElementById("change");
  const { point, gap } = document.body.dataset;

  // Whole kopecks of "500", "500,5", "500.50"; NaN for anything else.
  function kopecks(text) {
    const m = /^(\d{1,9})(?:[.,](\d{0,2}))?$/.exec(text.trim());
    return m ? Number(m[1]) * 100 + Number((m[2] ?? "").padEnd(2, "0")) : NaN;
  }
  const roubles = (k) => Math.floor(k / 100) + (k % 100 ? "." + String(k % 100).padStart(2, "0") : "");
  const pretty = (k) => String(Math.floor(k / 100)).replace(/\B(?=(\d{3})+$)/g, gap) + point + String(k % 100).padStart(2, "0");

  // How a cheque paid in several ways is paid so far: a way, kopecks, of an
  // advance its number. It stays until the cheque is paid or it is taken back,
  // and outlives a reload of the page.
  const KEPT = "kassa-parts";
  let parts = [];
  const paid = () => parts.reduce((sum, p) => sum + p.sum, 0);
  const left = () => Number(kassa.state().total) - paid();
  function keep() {
    if (parts.length) sessionStorage.setItem(KEPT, JSON.stringify({ cheque: kassa.state().cheque, parts }));
    else sessionStorage.removeItem(KEPT);
  }
  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (kept?.cheque === kassa.state().cheque && kassa.state().lines !== "0") parts = kept.parts;
  }
  const word = (p) => sheet.dataset["word" + p.way[0] + p.way.slice(1).toLowerCase()] + (p.number ? " " + p.number : "");
  function showParts() {
    sheet.classList.toggle("split", parts.length > 0);
    document.getElementById("parts").replaceChildren(...parts.map((p, i) => {
      const b = document.createElement("button");
      b.type = "button";
      b.dataset.part = i;
      b.textContent = word(p) + " " + pretty(p.sum) + " ✕";
      return b;
    }));
    document.getElementById("left").textContent = parts.length ? sheet.dataset.left + " " + pretty(left()) : "";
  }

  function preview() {
    showParts();
    const got = kopecks(cash.value), due = left();
    change.classList.toggle("short", got < due);
    change.textContent = Number.isNaN(got) ? "" : got >= due ? change.dataset.change + " " + pretty(got - due) : change.dataset.short + " " + pretty(due - got);
  }

  const spell = (p) => p.way + ":" + p.sum + (p.number ? ":" + encodeURIComponent(p.number) : "");
  async function pay(type, tendered) {
    if (kassa.state().payable !== "true") return;
    const fields = parts.length ? { parts: [...parts.map(spell), ...(type ? [type + ":" + (kopecks(tendered) || 0)] : [])].join(" ") } : { type, tendered };
    if (!(await kassa.send("pay", fields))) return;
    parts = [];
    keep();
    preview();
    if (kassa.state().lines === "0" && !sheet.hidden) kassa.close();
  }

  // By card, QR or on credit goes the typed sum, or all that is left.
  let charge = null;
  const wanted = () => { const typed = kopecks(cash.value); return typed > 0 && typed < left() ? typed : left(); };
  function ask(way) {
    charge = { way, sum: wanted() };
    const text = document.getElementById("card-ask");
    text.textContent = way === "ELECTRON" ? text.dataset.electron : sheet.dataset["ask" + way[0] + way.slice(1).toLowerCase()];
    document.getElementById("card-hint").hidden = way !== "ELECTRON";
    document.getElementById("card-sum").textContent = pretty(charge.sum);
    mode("card");
  }
  function chargeDone() {
    if (charge.way === "ELECTRON" && !parts.length && charge.sum === left()) return pay("ELECTRON", "");
    add(charge);
  }
  function add(part) {
    parts.push(part);
    keep();
    cash.value = "";
    mode("cash");
    preview();
    if (left() === 0) pay("", "");
  }
  // A certificate or an advance pays what is left of it.
  async function takeClaim() {
    const field = document.getElementById("claim"), number = field.value.trim();
    if (!number || parts.some((p) => p.number === number)) return field.focus();
    let answer, text;
    try {
      answer = await fetch("/claim?number=" + encodeURIComponent(number));
      text = await answer.text();
    } catch {
      return kassa.warn("t-resend");
    }
    if (!answer.ok) { kassa.show(text); return field.select(); }
    kassa.clear();
    field.value = "";
    add({ way: "ADVANCE", sum: Math.min(Number(text), wanted()), number });
  }

  function take() {
    const text = cash.value.trim();
    if (/^\d+$/.test(text) && text.length >= CODE || /[^\d.,]/.test(text)) kassa.submitLine(text); // scanned during payment
    else if (!text) pay("CASH", "");
    else pay("CASH", text.replace(",", "."));
    cash.value = "";
    preview();
  }

  function mode(name) {
    sheet.dataset.mode = name;
    const first = { card: "card-yes", ways: "claim" }[name];
    document.getElementById("ways-sum").textContent = pretty(wanted());
    (first ? document.getElementById(first) : cash).focus({ preventScroll: true });
  }

  sheet.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    if ("tender" in b.dataset) pay("CASH", b.dataset.tender);
    else if (b.dataset.note) { cash.value = roubles((kopecks(cash.value) || 0) + Number(b.dataset.note)); preview(); }
    else if (b.id === "take") take();
    else if (b.dataset.part) { parts.splice(Number(b.dataset.part), 1); keep(); preview(); }
    else if (b.id === "card") ask("ELECTRON");
    else if (b.id === "ways") mode("ways");
    else if (b.dataset.way) ask(b.dataset.way);
    else if (b.id === "claim-take") takeClaim();
    else if (b.id === "card-no" || b.id === "ways-no") mode("cash");
    else if (b.id === "card-yes") chargeDone();
  });
  document.getElementById("claim").addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); takeClaim(); } });
  cash.addEventListener("input", preview);
  cash.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); take(); } });
  document.addEventListener("kassa:sheet", (e) => {
    if (e.detail !== "pay") return;
    cash.value = "";
    kassa.clear();
    restore();
    preview();
    mode("cash");
  });
  document.addEventListener("kassa:changed", () => {
    if (!sheet.hidden && kassa.state().lines === "0") kassa.close();
    if (kassa.state().lines === "0") parts = [];
    preview();
  });
})();
