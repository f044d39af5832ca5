// The page's script: it puts panels where they belong and sends what is
// clicked. All state is the bench's.
"use strict";

const lang = document.body.dataset.lang;
const byId = (id) => document.getElementById(id);

// patch makes the children of `now` those of `next`, keeping elements that
// stay, so that transitions run and focus is not lost.
function patch(now, next) {
  const want = [...next.childNodes];
  want.forEach((b, i) => {
    const a = now.childNodes[i];
    if (!a) now.append(b.cloneNode(true));
    else if (a.nodeType !== b.nodeType || a.nodeName !== b.nodeName) a.replaceWith(b.cloneNode(true));
    else if (a.nodeType !== Node.ELEMENT_NODE) { if (a.data !== b.data) a.data = b.data; }
    else { attributes(a, b); patch(a, b); }
  });
  while (now.childNodes.length > want.length) now.lastChild.remove();
}

function attributes(a, b) {
  for (const { name, value } of b.attributes) if (a.getAttribute(name) !== value) a.setAttribute(name, value);
  for (const { name } of [...a.attributes]) if (!b.hasAttribute(name)) a.removeAttribute(name);
}

function show(panel) {
  const place = byId(panel.id);
  if (!place) return;
  const next = document.createElement("template");
  next.innerHTML = panel.html;
  const first = !place.hasChildNodes();
  if (panel.id === "tape") feed(place, next.content, first);
  else patch(place, next.content);
  if (panel.id === "lamps") listen(place, first);
}

// feed lets new paper slide out of the slot, and follows it unless somebody
// reads further up.
function feed(place, next, first) {
  const longer = next.textContent.length > place.textContent.length;
  patch(place, next);
  if (first || !longer) return;
  place.classList.remove("feed");
  void place.offsetWidth; // restarts the animation
  place.classList.add("feed");
}

// ---- buzzer ----
let heard = 0;
let audio = null;

function listen(place, first) {
  const buzzer = place.querySelector(".buzzer");
  if (!buzzer) return;
  let ms = 0;
  for (const beep of buzzer.dataset.beeps.trim().split(" ").filter(Boolean)) {
    const [at, width] = beep.split(":").map(Number);
    if (at > heard) { heard = at; ms = Math.max(width, 30); }
  }
  if (first || !ms) return;
  buzzer.classList.remove("beep");
  void buzzer.offsetWidth;
  buzzer.classList.add("beep");
  if (audio) tone(ms / 1000);
}

function tone(seconds) {
  const o = audio.createOscillator();
  const g = audio.createGain();
  o.type = "square";
  o.frequency.value = 2300;
  g.gain.value = 0.04;
  o.connect(g).connect(audio.destination);
  o.start();
  o.stop(audio.currentTime + Math.min(seconds, 1));
}

byId("sound")?.addEventListener("click", (e) => {
  if (audio) { audio.close(); audio = null; } else { audio = new AudioContext(); tone(0.08); }
  e.currentTarget.setAttribute("aria-pressed", String(!!audio));
});

// ---- asking the bench ----
async function post(path, body) {
  try {
    const r = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const answer = await r.json();
    if (!r.ok) throw new Error(answer.error ? answer.error.message : r.statusText);
    return answer;
  } catch (e) {
    say(e.message, true);
    return null;
  }
}

let quiet = 0;
function say(text, bad) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.classList.toggle("bad", !!bad);
  toast.hidden = false;
  clearTimeout(quiet);
  quiet = setTimeout(() => { toast.hidden = true; }, bad ? 6000 : 1800);
}

const actions = {
  scan(el) {
    el.classList.remove("beam");
    void el.offsetWidth;
    el.classList.add("beam");
    return post("/api/v1/scan", { codes: [el.dataset.scan] });
  },
  name(el) { // a fault
    const on = el.getAttribute("aria-checked") === "true";
    const arg = el.parentElement.querySelector(".arg");
    const words = on ? el.dataset.mend : el.dataset.name + " " + (arg ? arg.value : "");
    const [name, ...args] = words.trim().split(/\s+/);
    return post("/api/v1/faults", { device: el.dataset.device, name, args });
  },
  line(el) { return post("/api/v1/gpio", { line: el.dataset.line, high: el.getAttribute("aria-checked") !== "true" }); },
  grams(el) { return post("/api/v1/scale", { grams: Number(el.dataset.grams), stable: true }); },
  swing(el) { return post("/api/v1/scale", { grams: Number(el.dataset.swing), stable: el.getAttribute("aria-checked") === "true" }); },
  press(el) { return post("/api/v1/register", { press: el.dataset.press }); },
  pay(el) { return post("/api/v1/terminal", { do: el.dataset.pay }); },
  shut() { return post("/api/v1/drawer/shut", {}); },
  async slip(el) {
    try { await navigator.clipboard.writeText(el.dataset.slip); say(document.body.dataset.copied); }
    catch (e) { say(e.message, true); }
  },
  async copy(el) {
    try { await navigator.clipboard.writeText(el.dataset.copy); say(document.body.dataset.copied + ": " + el.dataset.copy); }
    catch { say(el.dataset.copy); } // no clipboard without a secure origin
  },
};

document.addEventListener("click", (e) => {
  for (const [key, act] of Object.entries(actions)) {
    const el = e.target.closest(`[data-${key}]`);
    if (el && !el.disabled) { act(el); return; }
  }
});

byId("scan")?.addEventListener("submit", async (e) => {
  e.preventDefault();
  const field = byId("code");
  if (await post("/api/v1/scan", { codes: [field.value] })) field.select();
});

let asked = 0;
let soon = 0;
byId("find")?.addEventListener("input", (e) => {
  clearTimeout(soon);
  soon = setTimeout(async () => {
    const turn = ++asked;
    try {
      const r = await fetch("/goods?" + new URLSearchParams({ find: e.target.value, lang }));
      const html = await r.text();
      if (r.ok && turn === asked) byId("goods").innerHTML = html;
    } catch (err) { say(err.message, true); }
  }, 120);
});

// ---- the stream ----
const stream = new EventSource("/events?" + new URLSearchParams({ lang, page: document.body.dataset.page ?? "" }));
stream.addEventListener("panel", (e) => { byId("lost").hidden = true; show(JSON.parse(e.data)); });
stream.addEventListener("error", () => { byId("lost").hidden = false; });
stream.addEventListener("open", () => { byId("lost").hidden = true; });
