// A keyboard on the screen, for tills that have none: Russian and Latin
// letters, digits and what e-mail addresses need.
"use strict";

(() => {
  const LAYOUTS = {
    mail: ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm._@"],
    ru: ["1234567890-", "йцукенгшщзх", "фывапролджэ", "ячсмитьбюъё"],
    en: ["1234567890-", "qwertyuiop", "asdfghjkl.", "zxcvbnm,'"],
  };
  const NEXT = { ru: "en", en: "ru" };

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
    if (NEXT[name]) {
      foot.append(turn(box, "⇧", { upper: upper ? "" : "1" }), turn(box, NEXT[name].toUpperCase(), { letters: NEXT[name] }),
        key("␣", " ", "space"), key("«", "«"), key("»", "»"), key(",", ","), key(".", "."));
      foot.firstChild.ariaPressed = String(!!upper);
    } else {
      foot.append(...["@mail.ru", "@yandex.ru", "@gmail.com"].map((d) => key(d, d)));
    }
    box.replaceChildren(...rows, foot);
  };
})();
