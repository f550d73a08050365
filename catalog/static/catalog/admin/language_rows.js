// Texts in several languages: as many rows as are wanted. Without a script some are empty.

for (const box of document.querySelectorAll("[data-language-rows]")) {
  const more = box.querySelector(".language-more");
  const rows = () => [...box.querySelectorAll(".language-row")];
  const blank = rows().at(-1).cloneNode(true); // the last one is empty, always
  blank.querySelectorAll("[id]").forEach((field) => field.removeAttribute("id"));

  function equip(row) {
    const less = row.querySelector(".language-less");
    less.hidden = false;
    less.addEventListener("click", () => {
      const next = row.nextElementSibling;
      if (rows().length > 1) {
        row.remove();
      } else {
        row.querySelectorAll("input, textarea").forEach((field) => (field.value = ""));
      }
      (next?.querySelector("input") ?? more).focus();
    });
  }

  // Rows that say nothing, not even a language, are there on demand from now on.
  for (const row of rows().slice(1)) {
    if ([...row.querySelectorAll("input, textarea")].every((field) => !field.value)) {
      row.remove();
    }
  }
  rows().forEach(equip);
  more.hidden = false;
  more.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    more.before(row);
    equip(row);
    row.querySelector("input").focus();
  });
}
