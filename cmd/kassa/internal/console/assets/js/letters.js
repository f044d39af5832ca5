// A keyboard on the screen, for tills that have none: Russian and Latin
// letters, digits and what e-mail addresses need.
"use strict";

(() => {
  const LAYOUTS = {
    mail: ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm._@"],
    login: ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm_"],
    signs: ["1234567890", "!\"#$%&'()*", "+,/:;<=>?", "[]\\^`{|}~"],
    ru: ["1234567890-", "йцукенгшщзх", "фывапролджэ", "ячсмитьбюъё"],
    en: ["1234567890-", "qwertyuiop", "asdfghjkl.", "zxcvbnm,'"],
  };
  const NEXT = { ru: "en", en: "ru", login: "signs", signs: "login" };
  const LABEL = { signs: "#+=", login: "abc" };

  function key(label, value, name = "") {
    const b = document.createElement("button");
    b.type = "button";
    b.dataset.key = value;
    b.textContent = label;
    b.className = name;
    return b;
  }

  // turn makes a key that changes the keyboard itself.
  function turn(box, label, to) {
    const b = key(label, "");
    b.addEventListener("click", (e) => { e.stopPropagation(); Object.assign(box.dataset, to); kassa.letters(box); });
    return b;
  }

  // kassa.letters fills an element with the keyboard its data-letters names.
  kassa.letters = (box) => {
    const { letters: name, upper } = box.dataset;
    const rows = LAYOUTS[name].map((row) => {
      const div = document.createElement("div");
      div.append(...Array.from(upper ? row.toUpperCase() : row, (c) => key(c, c)));
      return div;
    });
    rows.at(-1).append(key("⌫", "erase"));
    const foot = document.createElement("div");
    if (LABEL[name]) {
      foot.append(turn(box, "⇧", { upper: upper ? "" : "1" }), turn(box, LABEL[NEXT[name]], { letters: NEXT[name] }), key("@", "@"), key(".", "."));
      foot.firstChild.ariaPressed = String(!!upper);
    } else if (NEXT[name]) {
      foot.append(turn(box, "⇧", { upper: upper ? "" : "1" }), turn(box, LABEL[NEXT[name]] ?? NEXT[name].toUpperCase(), { letters: NEXT[name] }),
        key("␣", " ", "space"), key("«", "«"), key("»", "»"), key(",", ","), key(".", "."));
      foot.firstChild.ariaPressed = String(!!upper);
    } else {
      foot.append(...["@mail.ru", "@yandex.ru", "@gmail.com"].map((d) => key(d, d)));
    }
    box.replaceChildren(...rows, foot);
  };

  // A form of a page: its keys write into the field that was last in use.
  const form = document.querySelector("main form:has([data-letters])");
  if (!form) return;
  const fields = [...form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio])")];
  let last = fields[0];
  for (const box of form.querySelectorAll("[data-letters]")) kassa.letters(box);
  form.addEventListener("focusin", (e) => { if (fields.includes(e.target)) last = e.target; });
  form.addEventListener("click", (e) => {
    const value = e.target.closest("[data-key]")?.dataset.key;
    if (!value) return;
    if (value === "erase") last.value = last.value.slice(0, -1);
    else if (last.value.length < last.maxLength) last.value += value;
    last.focus({ preventScroll: true });
  });
})();
