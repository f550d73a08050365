// A part of the picture, drawn with a pointer or the keyboard; without a script its four numbers
// are typed. Everything is in percent of the picture's sides.
"use strict";

for (const form of document.querySelectorAll("form[data-draw]")) {
  const frame = document.getElementById(form.dataset.draw);
  const fields = ["x", "y", "w", "h"].map((name) => form.elements[name]);
  const svg = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const STEP = 1, FAR = 5, LEAST = 2;
  const between = (value, least, most) => Math.min(Math.max(value, least), most);

  // The sheet that is drawn on, over the picture; a dark veil around the part.
  const sheet = svg("svg", {
    class: "sheet", viewBox: "0 0 100 100", preserveAspectRatio: "none", tabindex: "0",
    role: "application", "aria-label": form.dataset.sheet, "aria-describedby": "draw-help",
  });
  const veil = svg("path", { class: "veil", "fill-rule": "evenodd" });
  const rect = svg("rect", { class: "part" });
  sheet.append(veil, rect);

  const made = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const button = made("button", form.dataset.begin, { type: "button", className: "quiet" });
  form.querySelector("button").before(button);
  const said = made("p", "", { className: "unseen" });
  said.setAttribute("role", "status");
  form.append(said);

  // While somebody draws, what to do and what to do next stand under the picture.
  const bar = made("div", "", { className: "draw-bar" });
  const find = made("button", form.dataset.find, { type: "button" });
  const end = made("button", form.dataset.end, { type: "button", className: "quiet" });
  bar.append(
    made("p", form.dataset.help, { id: "draw-help", className: "note" }),
    find, end,
  );

  let part = fields.map((field) => Number(field.value));
  let drawing = false, from = null, telling;

  const show = () => {
    const [x, y, w, h] = part;
    ["x", "y", "width", "height"].forEach((name, i) => rect.setAttribute(name, part[i]));
    veil.setAttribute("d", `M0 0H100V100H0zM${x} ${y}V${y + h}H${x + w}V${y}z`);
  };
  const set = (x, y, w, h) => {
    w = between(w, LEAST, 100);
    h = between(h, LEAST, 100);
    part = [between(x, 0, 100 - w), between(y, 0, 100 - h), w, h].map((n) => Math.round(n * 10) / 10);
    fields.forEach((field, i) => (field.value = part[i]));
    show();
    clearTimeout(telling); // once it rests
    telling = setTimeout(() => {
      const [left, top, width, height] = part.map(Math.round);
      said.textContent = form.dataset.said.replace("LEFT", left).replace("TOP", top)
        .replace("WIDTH", width).replace("HEIGHT", height);
    }, 400);
  };
  const draw = (on) => {
    drawing = on;
    button.hidden = on;
    frame.classList.toggle("drawn-on", on);
    if (on) {
      frame.append(sheet);
      frame.after(bar);
      show();
      sheet.focus({ preventScroll: true });
      frame.scrollIntoView({ block: "nearest" });
    } else {
      sheet.remove();
      bar.remove();
      button.focus();
    }
  };
  const at = (event) => {
    const box = sheet.getBoundingClientRect();
    return [
      between(((event.clientX - box.left) / box.width) * 100, 0, 100),
      between(((event.clientY - box.top) / box.height) * 100, 0, 100),
    ];
  };

  button.addEventListener("click", () => draw(true));
  end.addEventListener("click", () => draw(false));
  find.addEventListener("click", () => form.requestSubmit());
  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    sheet.setPointerCapture(event.pointerId);
    from = at(event);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = at(event);
    set(Math.min(x, from[0]), Math.min(y, from[1]), Math.abs(x - from[0]), Math.abs(y - from[1]));
  });
  for (const end of ["pointerup", "pointercancel"]) sheet.addEventListener(end, () => (from = null));
  sheet.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) {
      const far = event.ctrlKey ? FAR : STEP;
      const [dx, dy] = way.map((n) => n * far);
      const [x, y, w, h] = part;
      if (event.shiftKey) set(x, y, between(w + dx, LEAST, 100 - x), between(h + dy, LEAST, 100 - y));
      else set(x + dx, y + dy, w, h);
    } else if (event.key === "Enter") form.requestSubmit();
    else if (event.key === "Escape") draw(false);
    else return;
    event.preventDefault();
  });
  for (const field of fields) {
    field.addEventListener("input", () => {
      part = fields.map((each) => Number(each.value));
      if (drawing) show();
    });
  }
}
