// A part of the painting, drawn with a pointer or the keyboard; its four numbers, in canvas units,
// stand in the form's fields x, y, w and h, and can be typed there.

const SVG = "http://www.w3.org/2000/svg";
/** How far an arrow key goes and how small a part may be, in percent of the painting's sides. */
const STEP = 1, FAR = 5, LEAST = 1;
/** Pixels that a pointer must go before it draws. */
const SLOP = 4;

const between = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));

/**
 * The part {x, y, w, h} in whole canvas units, on the canvas whatever was asked for, and not too
 * small to be seen.
 * @param {{width: number, height: number}} canvas
 */
export function fitted({ x, y, w, h }, { width, height }) {
  const least = (whole) => Math.max(1, Math.round((whole * LEAST) / 100));
  const wide = between(Math.round(w), least(width), width);
  const high = between(Math.round(h), least(height), height);
  return {
    x: between(Math.round(x), 0, width - wide), y: between(Math.round(y), 0, height - high), w: wide, h: high,
  };
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function element(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

/** Makes `frame`, which holds the picture, a place to draw the part that `fields` hold. */
function enhance(frame, fields) {
  const canvas = { width: Number(frame.dataset.width), height: Number(frame.dataset.height) };
  const { width, height } = canvas;
  const sheet = svg("svg", {
    class: "sheet", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none",
    role: "application", "aria-label": frame.dataset.sheet, "aria-describedby": "region-help",
  });
  const veil = svg("path", { class: "veil", "fill-rule": "evenodd" });
  const outlines = ["part dark", "part"].map((name) => svg("rect", { class: name }));
  sheet.append(veil, ...outlines);
  frame.append(sheet);

  const line = element("div", "", { className: "line" });
  const toggle = element("button", frame.dataset.draw, { type: "button", className: "button" });
  const clear = element("button", frame.dataset.clear, { type: "button", className: "button" });
  const help = element("p", frame.dataset.help, { className: "help", id: "region-help", hidden: true });
  const said = element("p", "", { className: "visually-hidden" });
  said.setAttribute("role", "status");
  line.append(toggle, clear);
  frame.after(line, help, said);

  let part = null, from = null, drawing = false, telling = 0;

  const read = () => {
    const [x, y, w, h] = fields.map((field) => (field.value === "" ? NaN : Number(field.value)));
    part = [x, y, w, h].every(Number.isFinite) && w > 0 && h > 0 ? { x, y, w, h } : null;
  };
  const show = () => {
    clear.hidden = !part;
    const { x, y, w, h } = part ?? { x: 0, y: 0, w: 0, h: 0 };
    for (const outline of outlines) {
      outline.toggleAttribute("hidden", !part);
      outline.style.display = part ? "" : "none";
      Object.entries({ x, y, width: w, height: h }).forEach(([name, value]) => outline.setAttribute(name, value));
    }
    veil.setAttribute("d", part ? `M0 0H${width}V${height}H0zM${x} ${y}V${y + h}H${x + w}V${y}z` : "");
  };
  const set = (wanted) => {
    part = wanted && fitted(wanted, canvas);
    fields.forEach((field, i) => { field.value = part ? part["xywh"[i]] : ""; });
    show();
    clearTimeout(telling); // told once it rests
    telling = setTimeout(() => { said.textContent = part ? inPercent(part) : frame.dataset.clear; }, 400);
  };
  const inPercent = ({ x, y, w, h }) => {
    const of = (value, whole) => Math.round((100 * value) / whole);
    return frame.dataset.said.replace("LEFT", of(x, width)).replace("TOP", of(y, height))
      .replace("WIDTH", of(w, width)).replace("HEIGHT", of(h, height));
  };
  const draw = (on) => {
    drawing = on;
    from = null;
    frame.classList.toggle("drawing", on);
    toggle.textContent = on ? frame.dataset.end : frame.dataset.draw;
    help.hidden = !on;
    if (on) {
      sheet.setAttribute("tabindex", "0");
      sheet.focus({ preventScroll: true });
    } else {
      sheet.removeAttribute("tabindex");
      toggle.focus({ preventScroll: true });
    }
  };
  const at = (event) => {
    const box = sheet.getBoundingClientRect();
    return {
      x: between(((event.clientX - box.left) / box.width) * width, 0, width),
      y: between(((event.clientY - box.top) / box.height) * height, 0, height),
    };
  };

  toggle.addEventListener("click", () => draw(!drawing));
  clear.addEventListener("click", () => { set(null); toggle.focus(); });
  sheet.addEventListener("pointerdown", (event) => {
    if (!drawing || !event.isPrimary || event.button) return;
    sheet.setPointerCapture(event.pointerId);
    from = { ...at(event), left: event.clientX, top: event.clientY };
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!from || (!from.moved && Math.hypot(event.clientX - from.left, event.clientY - from.top) < SLOP)) return;
    from.moved = true;
    const to = at(event);
    set({ x: Math.min(to.x, from.x), y: Math.min(to.y, from.y), w: Math.abs(to.x - from.x), h: Math.abs(to.y - from.y) });
  });
  for (const name of ["pointerup", "pointercancel"]) sheet.addEventListener(name, () => { from = null; });
  sheet.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way && !part) {
      set({ x: width * 0.3, y: height * 0.3, w: width * 0.4, h: height * 0.4 });
    } else if (way) {
      const far = event.ctrlKey ? FAR : STEP;
      const [dx, dy] = [way[0] * far * width / 100, way[1] * far * height / 100];
      const { x, y, w, h } = part;
      if (event.shiftKey) set({ x, y, w: Math.min(w + dx, width - x), h: Math.min(h + dy, height - y) });
      else set({ x: x + dx, y: y + dy, w, h });
    } else if (event.key === "Escape" || event.key === "Enter") draw(false);
    else return;
    event.preventDefault();
  });
  for (const field of fields) field.addEventListener("input", () => { read(); show(); });
  read();
  show();
}

for (const frame of document.querySelectorAll("[data-region]")) {
  const fields = ["x", "y", "w", "h"].map((name) => document.getElementById(`id_${name}`));
  if (fields.every(Boolean)) enhance(frame, fields);
}
