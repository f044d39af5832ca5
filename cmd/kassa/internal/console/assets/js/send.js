// What a person does goes out as POSTs, one after the other and in order: no
// tap and no typed code overtakes another or is dropped.
"use strict";

(() => {
  const MAX_WAITING = 64;
  const PATIENCE = 20000; // ms for an answer; registering a receipt may take longer
  const SLOW = new Set(["pay", "shift-open", "shift-close", "x-report", "state-report", "cash-in", "cash-out", "return", "exchange", "take-back", "buy", "prepay", "sell-claim", "hand-over", "repay", "retry", "abandon", "accept-fn", "correct", "kkt-clock", "kkt-copy", "kkt-test", "sync-retry", "kiosk-pay"]);
  const SLOW_PATIENCE = 185000; // ms, a little more than the server's own limit
  const SLOW_HEAD_START = 1500; // ms in which a slow command surely arrived
  const own = new Map(); // cheque/revision before -> what it became, by this page's own commands
  const queue = [];
  let running = false;

  const place = (cheque, rev) => cheque + "/" + rev;

  // kassa.send queues a command. Its promise gives true when the till did it.
  kassa.send = (name, fields = {}) => {
    if (queue.length >= MAX_WAITING) {
      alert("t-full");
      return Promise.resolve(false);
    }
    const { boot, cheque, rev } = kassa.state();
    return new Promise((done) => {
      queue.push({ name, fields, boot, cheque, rev, done });
      if (!running) run();
    });
  };

  async function run() {
    running = true;
    for (let job; (job = queue.shift()); ) {
      const answer = post(job).then(job.done);
      // The queue does not wait for paper: the next cheque can be filled meanwhile.
      // What waits beside the cheque, for a permit or on the scale, holds up nothing.
      if (SLOW.has(job.name)) await Promise.race([answer, until(() => kassa.state().phase !== "idle", SLOW_HEAD_START)]);
      else if (job.name === "scan") await Promise.race([answer, until(() => document.querySelector(".checking"), PATIENCE)]);
      else await answer;
    }
    running = false;
  }

  const until = (holds, most) => new Promise((go) => {
    const look = () => { if (holds()) end(); };
    const end = () => { document.removeEventListener("kassa:changed", look); clearTimeout(timer); go(); };
    const timer = setTimeout(end, most);
    document.addEventListener("kassa:changed", look);
  });

  async function post(job, approved) {
    const { name, fields } = job;
    let { boot, cheque, rev } = job;
    // What the person saw, moved on by what this page itself has done since.
    while (own.has(place(cheque, rev))) ({ cheque, rev } = own.get(place(cheque, rev)));
    let answer;
    try {
      answer = await fetch(name === "login" ? "/login" : "/do/" + name, {
        method: "POST",
        body: new URLSearchParams({ ...fields, boot: boot ?? "", cheque: cheque ?? "", rev: rev ?? "" }),
        signal: AbortSignal.timeout(SLOW.has(name) ? SLOW_PATIENCE : PATIENCE),
      });
    } catch {
      alert("t-resend");
      return false;
    }
    if (answer.status === 401) {
      location.assign(document.body.dataset.page === "kiosk" ? "/kiosk" : "/login");
      return false;
    }
    if (answer.status !== 204) {
      const why = await answer.text();
      if (answer.headers.get("Kassa-Fault") === "login.senior" && !approved && await kassa.approval(why)) return post(job, true);
      if (answer.headers.get("Kassa-Row") && box()?.id === "alert") kassa.clear(); // it stands there already
      else show(why);
      return false;
    }
    remember(cheque, rev, answer.headers.get("Kassa-Cheque"), answer.headers.get("Kassa-Revision"));
    kassa.clear();
    if (answer.headers.get("Kassa-Go")) location.assign(answer.headers.get("Kassa-Go"));
    return true;
  }

  // Only this page's command lies between two revisions that follow each other.
  // Every cheque begins at revision 0 without a name, so what was known of the
  // one before is forgotten when it ends, here or at another console.
  function remember(cheque, rev, after, next) {
    if (next === "0") own.clear();
    if (Number(next) !== Number(rev) + 1 || (after !== cheque && rev !== "0")) return;
    own.set(place(cheque, rev), { cheque: after, rev: next });
    if (own.size > MAX_WAITING) own.delete(own.keys().next().value);
  }

  let seen = "";
  document.addEventListener("kassa:changed", () => {
    const { cheque, rev } = kassa.state();
    if (rev === "0" && cheque !== seen) own.clear();
    seen = cheque;
  });

  // Errors stand where the person is looking.
  function box() {
    const open = kassa.modal();
    if (open) return open.querySelector(".alerts");
    const pay = document.getElementById("alert-pay");
    return pay && !document.getElementById("sheet-pay").hidden ? pay : document.getElementById("alert");
  }
  function show(html) {
    const where = box();
    if (where) where.innerHTML = html;
  }
  const alert = (id) => show(document.getElementById(id).innerHTML);
  kassa.show = show;
  kassa.warn = alert;
  kassa.clear = () => { for (const b of document.querySelectorAll(".alerts")) b.replaceChildren(); };
})();
