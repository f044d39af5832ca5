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

  function preview() {
    const got = kopecks(cash.value), due = Number(kassa.state().total);
    change.classList.toggle("short", got < due);
    change.textContent = Number.isNaN(got) ? "" : got >= due ? change.dataset.change + " " + pretty(got - due) : change.dataset.short + " " + pretty(due - got);
  }

  async function pay(type, tendered) {
    if (kassa.state().payable !== "true") return;
    if (await kassa.send("pay", { type, tendered }) && kassa.state().lines === "0" && !sheet.hidden) kassa.close();
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
    else if (b.id === "card") mode("card");
    else if (b.id === "card-no") mode("cash");
    else if (b.id === "card-yes") pay("ELECTRON", "");
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
