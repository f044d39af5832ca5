// Self-checkout: what was wrong is read, or it is over with the next tap.
"use strict";

if (document.body.dataset.page === "kiosk") {
  document.addEventListener("click", (e) => { if (e.target.closest("[data-do], [data-dialog]")) kassa.clear(); }, true);
  document.addEventListener("kassa:changed", () => { if (document.getElementById("k-step")?.dataset.step === "start") kassa.clear(); });
}
