// Choosing what of a sale comes back.
"use strict";

(() => {
  const form = document.getElementById("return");
  if (!form) return;
  const fields = () => [...form.querySelectorAll("[data-left]")];
  const value = (f) => Number(f.value.replace(",", ".")) || 0;
  const PAUSE = 120; // ms after the last change
  let last, timer, asked = 0;

  // The till says what it gives back; an answer that was overtaken is dropped.
  async function sum() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.sum, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const html = await answer.text();
      if (mine !== asked) return;
      if (answer.ok) document.getElementById("refund").innerHTML = html; else kassa.show(html);
    } catch {
      kassa.warn("t-resend");
    }
  }
  const again = () => {
    clearTimeout(timer);
    for (const b of form.querySelectorAll("#refund [type=submit]")) b.disabled = true; // until the sum is that of what is chosen
    timer = setTimeout(sum, PAUSE);
  };
  form.addEventListener("input", again);
  // New goods for an exchange may be scanned while this page is open.
  let cheque = kassa.state().cheque + "/" + kassa.state().rev;
  document.addEventListener("kassa:changed", () => {
    const now = kassa.state().cheque + "/" + kassa.state().rev;
    if (now !== cheque) again();
    cheque = now;
  });

  function set(f, n) {
    f.value = n > 0 ? String(Math.min(n, Number(f.dataset.left))) : "";
    f.closest("li").classList.toggle("chosen", !!f.value);
    f.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.addEventListener("focusin", (e) => { if (e.target.matches("[data-left]")) last = e.target; });
  form.addEventListener("beforeinput", (e) => { if (/[^\d.,]/.test(e.data ?? "")) e.preventDefault(); });
  form.addEventListener("input", (e) => { if (e.target.matches("[data-left]")) e.target.closest("li").classList.toggle("chosen", value(e.target) > 0); });
  form.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    const f = b.closest("li")?.querySelector("[data-left]"), d = b.dataset;
    if ("everything" in d) {
      const all = fields(), full = all.every((x) => value(x) === Number(x.dataset.left));
      for (const x of all) set(x, full ? 0 : Number(x.dataset.left));
    } else if ("all" in d && f) set(f, value(f) === Number(f.dataset.left) ? 0 : Number(f.dataset.left));
    else if (d.step && f) set(f, value(f) + Number(d.step));
    else if (d.key) {
      const into = last ?? fields()[0];
      if (!into) return;
      into.value = d.key === "erase" ? into.value.slice(0, -1) : (into.value + d.key).slice(0, into.maxLength);
      into.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (f) last = f;
  });
  form.addEventListener("keydown", (e) => {
    const all = fields(), at = all.indexOf(e.target);
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (at >= 0 && by) { e.preventDefault(); all[Math.max(0, Math.min(all.length - 1, at + by))].focus(); }
    if (at >= 0 && (e.key === "+" || e.key === "-")) { e.preventDefault(); set(all[at], value(all[at]) + (e.key === "+" ? 1 : -1)); }
    if (at >= 0 && e.key === "*") { e.preventDefault(); set(all[at], Number(all[at].dataset.left)); }
  });
  fields()[0]?.focus({ preventScroll: true });
})();
