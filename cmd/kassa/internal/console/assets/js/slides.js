// The pictures of the customer's screen: two elements take turns, so that a
// small board never holds more than two in its memory.
"use strict";

(() => {
  let at = 0, timer;

  // next puts the picture after the one that shows into the hidden element
  // and swaps them once it is decoded; one that does not load is passed over.
  async function next() {
    const box = document.querySelector(".c-slides");
    if (!box) return;
    const all = box.dataset.pictures.split(" ");
    if (all.length < 2) return;
    at = (at + 1) % all.length;
    const [under, over] = [...box.children].sort((a, b) => a.classList.contains("on") - b.classList.contains("on"));
    under.src = all[at];
    try { await under.decode(); } catch { return; }
    under.classList.add("on");
    over.classList.remove("on");
  }

  function run() {
    const box = document.querySelector(".c-slides");
    if (!!box === !!timer) return;
    if (timer) { clearInterval(timer); timer = undefined; return; }
    at = 0;
    timer = setInterval(next, +box.dataset.each);
  }
  document.addEventListener("kassa:changed", run);
  run();
})();
