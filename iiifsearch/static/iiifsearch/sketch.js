// A board of cells to paint on with a mouse, a finger or the keyboard; without a script there are
// fields for colours. The address has rows of colours, and - where nobody painted.
"use strict";

for (const form of document.querySelectorAll("form[data-sketch]")) {
  const rows = Number(form.dataset.rows), columns = Number(form.dataset.columns);
  form.querySelector(".cells").replaceWith(form.querySelector("template").content);
  form.classList.add("painted-on");
  const board = form.querySelector(".board");
  const own = form.querySelector("input[type=color]");
  const paints = [...form.querySelectorAll("[data-paint]")];
  const said = form.querySelector("[role=status]");
  const sent = Object.assign(document.createElement("input"), { type: "hidden", name: "painted" });
  form.append(sent);

  const colours = new Array(rows * columns).fill(""); // "#rrggbb", or "" where nobody painted
  const place = (index) => [Math.floor(index / columns), index % columns];
  let current = 0, paint;

  board.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  const cells = colours.map((_, index) => {
    const cell = Object.assign(document.createElement("button"), { type: "button", tabIndex: index ? -1 : 0 });
    cell.setAttribute("role", "gridcell");
    return cell;
  });
  for (let y = 0; y < rows; y++) {
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    row.append(...cells.slice(y * columns, (y + 1) * columns));
    board.append(row);
  }

  const set = (index, colour) => {
    colours[index] = colour;
    cells[index].style.backgroundColor = colour;
    cells[index].classList.toggle("unpainted", !colour);
    const [row, column] = place(index);
    const name = paints.find((one) => colour && one.dataset.paint === colour)?.getAttribute("aria-label");
    cells[index].setAttribute("aria-label", board.dataset.cell.replace("ROW", row + 1)
      .replace("COLUMN", column + 1).replace("COLOUR", colour ? name ?? colour : board.dataset.unpainted));
    if (colour) said.textContent = "";
  };
  const choose = (colour, chosen) => {
    paint = colour;
    for (const one of paints) one.setAttribute("aria-pressed", one === chosen);
    own.classList.toggle("chosen", chosen === own);
  };
  const go = (index) => {
    cells[current].tabIndex = -1;
    current = index;
    cells[index].tabIndex = 0;
  };

  // What the address asked for, seen by the middle of each cell where it has another size.
  const asked = form.dataset.sketch && form.dataset.sketch.split(";").map((row) => row.split(","));
  colours.forEach((_, index) => {
    const [row, column] = place(index);
    const across = asked && asked[Math.floor(((row + 0.5) * asked.length) / rows)];
    const found = across && across[Math.floor(((column + 0.5) * across.length) / columns)];
    set(index, found && found !== "-" ? `#${found}` : "");
  });

  for (const one of paints) {
    one.style.backgroundColor = one.dataset.paint;
    one.addEventListener("click", () => choose(one.dataset.paint, one));
  }
  own.addEventListener("input", () => choose(own.value, own));
  own.addEventListener("click", () => choose(own.value, own));
  form.querySelector("[data-clear]").addEventListener("click", () => cells.forEach((_, index) => set(index, "")));
  choose(paints[7].dataset.paint, paints[7]);

  // A fast pointer leaves cells out: all on the straight line from the last one are painted.
  const under = (event) => {
    const box = board.getBoundingClientRect();
    const at = (share, most) => Math.min(Math.max(Math.floor(share * most), 0), most - 1);
    return [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns)];
  };
  let from = null;
  const stroke = (event) => {
    const to = under(event);
    const steps = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]), 1);
    for (let step = 0; step <= steps; step++) {
      const [row, column] = to.map((end, axis) => Math.round(from[axis] + ((end - from[axis]) * step) / steps));
      set(row * columns + column, paint);
    }
    from = to;
    go(to[0] * columns + to[1]);
  };
  board.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    board.setPointerCapture(event.pointerId);
    from = under(event);
    stroke(event);
  });
  board.addEventListener("pointermove", (event) => from && stroke(event));
  for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => (from = null));

  board.addEventListener("keydown", (event) => {
    const [row, column] = place(current);
    const to = {
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column], Home: [row, 0], End: [row, columns - 1],
    }[event.key];
    if (to) {
      const there = to[0] >= 0 && to[0] < rows && to[1] >= 0 && to[1] < columns;
      if (there) go(to[0] * columns + to[1]);
      if (event.shiftKey) set(current, paint);
      cells[current].focus();
    } else if (event.key === " " || event.key === "Enter") set(current, paint);
    else if (event.key === "Delete" || event.key === "Backspace") set(current, "");
    else return;
    event.preventDefault();
  });

  form.addEventListener("submit", (event) => {
    if (colours.some(Boolean)) {
      const written = colours.map((colour) => colour.slice(1) || "-");
      sent.value = Array.from({ length: rows }, (_, y) => written.slice(y * columns, (y + 1) * columns).join(",")).join(";");
    } else {
      event.preventDefault();
      said.textContent = said.dataset.text;
    }
  });
}
