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

  // What a card terminal has approved already, of a cheque paid in several
  // ways: kopecks each. It stays until the cheque is paid or it is taken back.
  let cards = [];
  const byCard = () => cards.reduce((sum, k) => sum + k, 0);
  const left = () => Number(kassa.state().total) - byCard();
  function showParts() {
    sheet.classList.toggle("split", cards.length > 0);
    document.getElementById("parts").replaceChildren(...cards.map((k, i) => {
      const b = document.createElement("button");
      b.type = "button";
      b.dataset.part = i;
      b.textContent = sheet.dataset.card + " " + pretty(k) + " ✕";
      return b;
    }));
    document.getElementById("left").textContent = cards.length ? sheet.dataset.left + " " + pretty(left()) : "";
  }

  function preview() {
    showParts();
    const got = kopecks(cash.value), due = left();
    change.classList.toggle("short", got < due);
    change.textContent = Number.isNaN(got) ? "" : got >= due ? change.dataset.change + " " + pretty(got - due) : change.dataset.short + " " + pretty(due - got);
  }

  async function pay(type, tendered) {
    if (kassa.state().payable !== "true") return;
    const fields = cards.length ? { parts: [...cards.map((k) => "ELECTRON:" + k), ...(type ? [type + ":" + (kopecks(tendered) || 0)] : [])].join(" ") } : { type, tendered };
    if (!(await kassa.send("pay", fields))) return;
    cards = [];
    preview();
    if (  kassa.state().lines === "0" && !sheet.hidden) kassa.close();
  }

  // By card goes the typed sum, or all that is left.
  let charge = 0;
  function askCard() {
    const typed = kopecks(cash.value);
    charge = typed > 0 && typed < left() ? typed : left();
    document.getElementById("card-sum").textContent = pretty(charge);
    mode("card");
  }
  function cardDone() {
    if (!cards.length && charge === left()) return pay("ELECTRON", "");
    cards.push(charge);
    cash.value = "";
    mode("cash");
    preview();
    if (left() === 0) pay("", "");
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
    (name === "card" ? document.getElementById("card-yes") : cash).focus({ preventScroll: true });
  }

  sheet.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    if ("tender" in b.dataset) pay("CASH", b.dataset.tender);
    else if (b.dataset.note) { cash.value = roubles((kopecks(cash.value) || 0) + Number(b.dataset.note)); preview(); }
    else if (b.id === "take") take();
    else if (b.dataset.part) { cards.splice(Number(b.dataset.part), 1); preview(); }
    else if (b.id === "card") askCard();
    else if (b.id === "card-no") mode("cash");
    else if (b.id === "card-yes") cardDone();
  });
  cash.addEventListener("input", preview);
  cash.addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); take(); } });
  document.addEventListener("kassa:sheet", (e) => {
    if (e.detail !== "pay") return;
    cash.value = "";
    kassa.clear();
    preview();
    mode("cash");
  });
  document.addEventListener("kassa:changed", () => {
    if (!sheet.hidden && kassa.state().lines === "0") kassa.close();
    preview();
  });
})();
