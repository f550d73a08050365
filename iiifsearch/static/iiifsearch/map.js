// The map of the paintings (map_drawing.js), moved and pointed at by mouse, fingers, keyboard and
// buttons. It begins here.
"use strict";

const shown = find(".shown"), said = find("[role=status]");
const seen = new Image(); // what is pointed at, larger; its title stands beside it
seen.alt = "";
shown.prepend(seen);

// The most pixels a cell; how far a pointer goes before it drags, in pixels; one step closer; the
// share of the view that one step to the side goes.
const MOST_SCALE = 360, DRAGGED = 5, STEP = 1.5, FAR = 1 / 5;

// -- moving

function move(dx, dy) {
  column = between(column - dx / scale, 0, map.side);
  row = between(row - dy / scale, 0, map.side);
  draw();
}

// Come closer by `factor`; what is under the pointer stays there.
function zoom(factor, left = width / 2, top = height / 2) {
  const before = scale;
  scale = between(scale * factor, least, MOST_SCALE);
  const moved = 1 / before - 1 / scale;
  column = between(column + (left - width / 2) * moved, 0, map.side);
  row = between(row + (top - height / 2) * moved, 0, map.side);
  draw();
}

function showAll() {
  [column, row, scale] = [map.side / 2, map.side / 2, least];
  draw();
}

const MOVES = {
  in: () => zoom(STEP), out: () => zoom(1 / STEP), all: showAll,
  left: () => move(width * FAR, 0), right: () => move(-width * FAR, 0),
  up: () => move(0, height * FAR), down: () => move(0, -height * FAR),
};
const KEYS = {
  "+": "in", "=": "in", "-": "out", "0": "all", Home: "all",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};

// -- pointing

async function point(place, { aloud = false } = {}) {
  if (place === pointed) return;
  pointed = place;
  canvas.classList.toggle("over", Boolean(place));
  draw();
  const told = place && (await titled(place));
  if (pointed !== place) return;
  shown.hidden = !told;
  if (!told) return;
  const [key, title, maker] = told;
  find(".shown a").href = address("painting", key);
  find(".shown .title").textContent = title;
  find(".shown .by").textContent = maker;
  seen.hidden = !sheets[place.sheet].colours[place.i];
  if (!seen.hidden) seen.src = address("picture", key);
  if (aloud) said.textContent = maker ? `${title}, ${maker}` : title;
}

const under = (left, top) => {
  const [c, r] = at(left, top);
  return c < 0 || r < 0 || c >= map.side || r >= map.side ? null : cells.get(cellOf(c, r)) ?? null;
};

// The painting nearest to the middle, within what is in sight: for the keyboard.
function inTheMiddle() {
  const reach = Math.ceil(Math.min(width, height) / 2 / scale), [c, r] = at(width / 2, height / 2);
  let best = null, nearest = Infinity;
  for (let dr = -reach; dr <= reach; dr++)
    for (let dc = -reach; dc <= reach; dc++) {
      const far = (c + dc + 0.5 - column) ** 2 + (r + dr + 0.5 - row) ** 2;
      if (far >= nearest || c + dc < 0 || c + dc >= map.side) continue;
      const place = cells.get(cellOf(c + dc, r + dr));
      if (place) [best, nearest] = [place, far];
    }
  return best;
}

async function open(place) {
  const told = place && (await titled(place));
  if (told) location.href = address("painting", told[0]);
}

// -- who moves and points

function listen() {
  const down = new Map(); // pointers by their id: where they are
  let travelled = 0;
  const spread = () => {
    const [a, b] = [...down.values()];
    return { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (down.size === 1) travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const here = { x: event.offsetX, y: event.offsetY }, before = down.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") point(under(here.x, here.y));
      return;
    }
    if (down.size === 2) {
      const was = spread();
      down.set(event.pointerId, here);
      const is = spread();
      move(is.x - was.x, is.y - was.y);
      zoom(is.far / Math.max(was.far, 1), is.x, is.y);
      travelled = Infinity; // two fingers open nothing
    } else {
      travelled += Math.hypot(here.x - before.x, here.y - before.y);
      down.set(event.pointerId, here);
      if (travelled < DRAGGED) return;
      canvas.classList.add("moved");
      move(here.x - before.x, here.y - before.y);
    }
  });
  canvas.addEventListener("pointerup", (event) => {
    const place = under(event.offsetX, event.offsetY), clicked = down.has(event.pointerId) && travelled < DRAGGED;
    end(event);
    if (!clicked) return;
    // A finger cannot point without touching: the first touch tells what it is, the next opens it.
    if (event.pointerType !== "touch" || (place && place === pointed)) open(place);
    else point(place);
  });
  const end = (event) => {
    down.delete(event.pointerId);
    if (!down.size) canvas.classList.remove("moved");
  };
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode ? 33 : 1;
    zoom(Math.exp(-between(event.deltaY * lines, -250, 250) * 0.002), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") open(pointed ?? inTheMiddle());
    else if (KEYS[event.key]) {
      MOVES[KEYS[event.key]]();
      point(inTheMiddle(), { aloud: true });
    } else return;
    event.preventDefault();
  });
  for (const button of section.querySelectorAll("[data-move]"))
    button.addEventListener("click", () => MOVES[button.dataset.move]());
  new ResizeObserver(fit).observe(canvas);
}

function fit() {
  const whole = scale === least || !width;
  [width, height] = [canvas.clientWidth, canvas.clientHeight];
  [canvas.width, canvas.height] = [width, height].map((size) => Math.round(size * devicePixelRatio));
  least = Math.min(width, height) / (map.side + 0.5); // with a margin around
  scale = between(scale, least, MOST_SCALE);
  if (whole) showAll();
  else draw();
}

async function begin() {
  try {
    const answer = await fetch(section.dataset.map);
    if (!answer.ok) throw new Error(`${answer.status}`);
    read(await answer.json());
  } catch {
    document.getElementById("map-problem").hidden = false;
    return;
  }
  section.hidden = false;
  listen();
}

begin();
