// Dialogs: one question over everything else. What is behind it can not be
// touched, Tab stays inside, Esc closes it; the browser's own <dialog> sees to
// that. Errors stand inside it.
"use strict";

(() => {
  const ALONE = 80; // ms without another key after which a digit was a finger's, not a scanner's
  const box = document.getElementById("dialog");
  let asked = ""; // the address of the open one
  let digit; // a choice that waits to be sure

  // kassa.modal is the dialog on top, if any.
  kassa.modal = () => [...document.querySelectorAll("dialog[open]")].at(-1);
  const inside = (d) => d.querySelector("[autofocus]") ?? d.querySelector("input:not([type=hidden]), [data-choice], [type=submit]");

  // kassa.ask opens the dialog an address gives.
  kassa.ask = async (url) => {
    if (!box) return;
    asked = url;
    let answer, html;
    try {
      answer = await fetch(url, { headers: { "HX-Request": "true" } });
      html = await answer.text();
    } catch {
      return kassa.warn("t-resend");
    }
    if (answer.status === 401) return location.assign("/login");
    if (asked !== url) return; // another was asked for meanwhile
    if (!answer.ok) return kassa.show(html);
    if (answer.headers.get("Kassa-Go")) return location.assign(answer.headers.get("Kassa-Go"));
    kassa.fill(html);
  };
  // kassa.fill puts a dialog's inside on the screen.
  kassa.fill = (html) => {
    kassa.clear();
    box.innerHTML = html;
    htmx.process(box);
    ready(box);
  };
  function ready(d) {
    for (const e of d.querySelectorAll("[data-letters]")) kassa.letters(e);
    d.ariaLabel = d.querySelector("h2")?.textContent ?? "";
    if (!d.open) d.showModal();
    const first = inside(d);
    first?.focus({ preventScroll: true });
    if (first?.matches("[type=text], [type=password]")) first.setSelectionRange?.(first.value.length, first.value.length);
    d.scrollTop = 0;
  }
  kassa.dismiss = () => {
    const d = kassa.modal();
    asked = "";
    d?.querySelector("[data-cancel]")?.click(); // the till asked: it is told "no"
    d?.close();
  };

  // Dialogs that the till opens: filled, they show; empty, they go.
  document.addEventListener("kassa:changed", () => {
    for (const d of document.querySelectorAll("dialog[data-till]")) {
      const full = d.firstElementChild?.childElementCount > 0;
      if (full && !d.open) ready(d);
      else if (!full && d.open) d.close();
    }
  });

  // A dialog about something that stops the till goes when that is over, and
  // asks again when it has become another question.
  document.addEventListener("kassa:changed", () => {
    const about = box?.open && box.querySelector("[data-while]"), now = document.getElementById("state")?.dataset;
    if (!about || !now || about.dataset.while === now.doubt) return;
    if (now.doubt) kassa.ask(about.dataset.from);
    else if (now.phase === "idle") box.close(); // between the two the till is asking
  });

  // What was wrong is being mended.
  box?.addEventListener("input", () => box.querySelector(".alerts")?.replaceChildren());

  // The field that keys on the screen write into.
  const fields = "input:not([type=checkbox], [type=radio], [type=hidden])";
  let last;
  document.addEventListener("focusin", (e) => {
    if (!e.target.matches("dialog " + fields)) return;
    last = e.target;
    const form = last.closest("form");
    if (form?.querySelector(".pad, [data-onwords]")) form.classList.toggle("typing", "words" in last.dataset); // letters instead of digits
  });
  function type(key) {
    const d = kassa.modal(), into = d.contains(last) ? last : d.querySelector(fields);
    if (!into) return;
    if (key === "erase") into.value = into.value.slice(0, -1);
    else if (into.maxLength < 0 || into.value.length + key.length <= into.maxLength) into.value += key;
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus({ preventScroll: true });
  }

  document.addEventListener("click", (e) => {
    const d = kassa.modal();
    if (!d) return;
    const b = e.target.closest("button");
    if (!b) { if (e.target === d && e.detail > 0 && outside(d, e)) kassa.dismiss(); return; }
    const s = b.dataset;
    if ("dismiss" in s) kassa.dismiss();
    else if ("clear" in s) kassa.clear();
    else if (s.dialog) kassa.ask(s.dialog);
    else if (s.key) type(s.key);
    else if (s.set) { const f = d.querySelector(`[name="${s.field}"]`); f.value = s.set; f.dispatchEvent(new Event("input", { bubbles: true })); f.focus({ preventScroll: true }); }
    else if (s.do) kassa.send(s.do, { ...s }).then((ok) => { if (ok && !("till" in d.dataset)) kassa.dismiss(); });
  });
  // A file goes to the till as its text; the dialog then shows what became of it.
  const MAX_FILE = 1 << 20; // bytes
  document.addEventListener("change", async (e) => {
    const name = e.target.dataset.file, file = e.target.files?.[0], again = asked;
    if (!name || !file) return;
    const text = file.size > MAX_FILE ? "" : await file.text();
    e.target.value = "";
    if (await kassa.send(name, { file: text })) kassa.ask(again);
  });
  // A part of a page that is read from a device when it is asked for.
  document.addEventListener("click", async (e) => {
    const b = e.target.closest("[data-load]");
    if (!b) return;
    const into = document.querySelector(b.dataset.load);
    into.ariaBusy = "true";
    try {
      const answer = await fetch(b.dataset.from);
      if (answer.status === 401) return location.assign("/login");
      into.innerHTML = await answer.text();
      into.scrollIntoView({ block: "nearest" });
    } catch {
      kassa.warn("t-resend");
    }
    into.ariaBusy = "false";
  });
  function outside(d, e) {
    const b = d.getBoundingClientRect();
    return e.clientX < b.left || e.clientX > b.right || e.clientY < b.top || e.clientY > b.bottom;
  }

  // kassa.approval asks for the PIN of somebody who may what the cashier may
  // not; it gives true when the till took it. The command is then sent again.
  kassa.approval = (why) => new Promise((done) => {
    const d = document.getElementById("approve"), form = d?.querySelector("form");
    if (!form || d.open) return done(false);
    const pin = form.elements.pin;
    let taken = false;
    pin.value = "";
    d.querySelector(".alerts").innerHTML = why;
    const send = async (e) => {
      e.preventDefault();
      e.stopPropagation();
      const typed = pin.value;
      pin.value = "";
      if (!typed) return;
      try {
        const answer = await fetch("/do/approve", { method: "POST", body: new URLSearchParams({ pin: typed }) });
        taken = answer.status === 204;
        if (taken) return d.close();
        d.querySelector(".alerts").innerHTML = await answer.text();
      } catch {
        kassa.warn("t-resend");
      }
      pin.focus();
    };
    form.addEventListener("submit", send);
    d.addEventListener("close", () => { form.removeEventListener("submit", send); pin.value = ""; done(taken); }, { once: true });
    ready(d);
  });

  document.addEventListener("cancel", (e) => { if (e.target.matches("dialog")) { e.preventDefault(); kassa.dismiss(); } }, true);

  // A number key takes the choice of that number, 0 the tenth, A the next. A
  // scanner that types as a keyboard must not: its characters come in a row.
  const NTH = ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0", "KeyA", "KeyB"];
  const nth = (e) => (/^[1-9]$/.test(e.key) ? Number(e.key) - 1 : NTH.indexOf(e.code));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && kassa.modal()) { // by itself the browser would close dialogs that lie on each other together
      e.preventDefault();
      return kassa.dismiss();
    }
    const d = kassa.modal() ?? document.querySelector("main.desk, main.documents");
    if (!d) return;
    const alone = !digit;
    clearTimeout(digit);
    digit = 0;
    const at = nth(e);
    if (at < 0 || e.target.matches(fields) || e.ctrlKey || e.altKey) return;
    digit = setTimeout(() => {
      digit = 0;
      if (alone) d.querySelectorAll("[data-choice]")[at]?.click(); // looked up late: the stream may have replaced it
    }, ALONE);
  });

  // A sum made of what is counted: fields with data-unit, in kopecks.
  const pretty = (k) => (k < 0 ? "−" : "") + String(Math.floor(Math.abs(k) / 100)).replace(/\B(?=(\d{3})+$)/g, document.body.dataset.gap) + document.body.dataset.point + String(Math.abs(k) % 100).padStart(2, "0");
  document.addEventListener("input", (e) => {
    const form = e.target.closest("form[data-should]");
    if (!form) return;
    let sum = 0;
    for (const f of form.querySelectorAll("[data-unit]")) sum += (/^\d+$/.test(f.value) ? Number(f.value) : 0) * Number(f.dataset.unit);
    const off = sum - Number(form.dataset.should);
    form.querySelector("[data-sum]").textContent = pretty(sum);
    const d = form.querySelector("[data-off]");
    d.textContent = (off > 0 ? "+" : "") + pretty(off);
    d.classList.toggle("short", off !== 0);
  });

  // What goods come to at the prices typed so far; the till has the last word.
  document.addEventListener("input", (e) => {
    const form = e.target.closest("form[data-goods]");
    if (!form) return;
    let sum = 0;
    for (const f of form.querySelectorAll("[data-milli]")) sum += Math.round((Math.round(Number(f.value.replace(",", ".")) * 100) || 0) * Number(f.dataset.milli) / 1000);
    form.querySelector("[data-sum]").textContent = pretty(sum);
  });

  // kassa.post sends a form's command; done is called when the till did it.
  document.addEventListener("submit", async (e) => {
    const form = e.target, { go, next } = form.dataset, post = e.submitter?.dataset.post ?? form.dataset.post;
    if (!post) return;
    e.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const fields = Object.fromEntries(new FormData(form, e.submitter));
    const ok = await kassa.send(post, fields);
    form.ariaBusy = "false";
    if (!ok) return;
    if (next) kassa.ask(next);
    else if (go && go !== location.pathname) location.assign(go);
    else if (box?.contains(form)) kassa.dismiss();
  });
})();
