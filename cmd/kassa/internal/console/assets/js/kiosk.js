// Self-checkout: what was wrong is read, or it is over with the next tap; and
// whoever types or touches is there, whatever of the page it is.
"use strict";

if (document.body.dataset.page === "kiosk") {
  const OFTEN = 5000; // ms between two such messages
  let told = 0;
  const here = () => {
    if (Date.now() - told < OFTEN) return;
    told = Date.now();
    fetch("/do/kiosk-go", { method: "POST", body: new URLSearchParams({ by: "here" }) }).catch(() => {}); // the till is gone: the page says so
  };
  for (const what of ["pointerdown", "keydown", "input"]) document.addEventListener(what, here, true);
  document.addEventListener("click", (e) => { if (e.target.closest("[data-do], [data-dialog]")) kassa.clear(); }, true);
  document.addEventListener("kassa:changed", () => { if (document.getElementById("k-step")?.dataset.step === "start") kassa.clear(); });
}
