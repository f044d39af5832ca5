// The PIN pad. The PIN is in the field until it is sent, and nowhere else.
"use strict";

(() => {
  const form = document.getElementById("login");
  if (!form) return;
  const pin = document.getElementById("pin"), dots = document.getElementById("dots");

  function show() {
    pin.value = pin.value.replace(/\D/g, "");
    dots.replaceChildren(...Array.from(pin.value, () => document.createElement("i")));
    dots.ariaLabel = dots.dataset.text.replace("#", pin.value.length);
  }

  form.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b || b.type === "submit") return;
    if (b.dataset.digit && pin.value.length < pin.maxLength) pin.value += b.dataset.digit;
    if ("erase" in b.dataset) pin.value = pin.value.slice(0, -1);
    show();
    if (e.detail > 0) pin.focus({ preventScroll: true });
  });
  pin.addEventListener("input", show);
  document.addEventListener("keydown", (e) => { if (/^\d$/.test(e.key) && e.target !== pin && !e.target.closest(".sheet")) pin.focus(); });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const typed = pin.value;
    pin.value = "";
    show();
    kassa.clear();
    if (typed) kassa.send("login", { pin: typed });
  });
})();
