// The map of the paintings, drawn on a canvas; without a script the areas are listed under it. What
// is drawn, and how, is here; who moves it and points at it, in map.js.
// Lengths on the map are in cells, those on the screen in CSS pixels; `scale` is pixels a cell.
"use strict";

const section = document.querySelector("[data-map]");
const find = (selector) => section.querySelector(selector);
const canvas = find("canvas"), pen = canvas.getContext("2d");
const names = find(".names");

// From so many pixels a cell: thumbnails of the sheets instead of dots; larger pictures; names of
// small areas instead of large ones; none at all, for then the paintings speak.
const THUMBNAILS = 9, PICTURES = 90, SMALL_NAMES = 16, NO_NAMES = 110;
const MARGIN = 0.9, MOST_PICTURES = 200;

let map, sheets, cells = new Map(), pictures = new Map();
let width = 0, height = 0, column = 0, row = 0, scale = 1, least = 1; // column, row: of the middle
let pointed = null, waiting = false, resting;

const between = (value, low, high) => Math.min(Math.max(value, low), high);
const cellOf = (column, row) => row * map.side + column;
const x = (value) => (value - column) * scale + width / 2;
const y = (value) => (value - row) * scale + height / 2;
const at = (left, top) => [Math.floor((left - width / 2) / scale + column), Math.floor((top - height / 2) / scale + row)];

// -- what is there

// The sheets with the box around their paintings: sheets out of sight are passed over whole.
function read(data) {
  map = data;
  sheets = data.sheets.map((sheet, number) => {
    const box = [sheet.column, sheet.row].flatMap((values) => [Math.min(...values), Math.max(...values) + 1]);
    sheet.spot.forEach((_, i) => cells.set(cellOf(sheet.column[i], sheet.row[i]), { sheet: number, i }));
    const colours = sheet.colour.map((value) => (value === null ? null : `#${value.toString(16).padStart(6, "0")}`));
    return { ...sheet, colours, box, file: null, told: null };
  });
}

function file(sheet) {
  if (sheet.file === null && sheet.image) {
    sheet.file = new Image();
    sheet.file.addEventListener("load", draw);
    sheet.file.src = sheet.image;
  }
  return sheet.file?.complete && sheet.file.naturalWidth ? sheet.file : null;
}

// Key, title and maker of a painting; null where it is no longer public, or cannot be had now.
async function titled({ sheet, i }) {
  sheets[sheet].told ??= fetch(sheets[sheet].titles).then((answer) => (answer.ok ? answer.json() : {}));
  const told = await sheets[sheet].told.catch(() => ({}));
  return told[sheets[sheet].spot[i]] ?? null;
}

const address = (kind, key) => map.addresses[kind].replace("KEY", key);

// The larger pictures of what is in view; those that were looked at longest ago are let go.
async function fetchPicture(cell, place) {
  pictures.set(cell, null);
  const told = await titled(place);
  if (!told) return;
  const picture = new Image();
  picture.addEventListener("load", () => {
    pictures.set(cell, picture);
    for (const old of [...pictures.keys()].slice(0, Math.max(0, pictures.size - MOST_PICTURES))) pictures.delete(old);
    draw();
  });
  picture.src = address("picture", told[0]);
}

// -- drawing

function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    paint();
    name();
    clearTimeout(resting);
    resting = setTimeout(rest, 250);
  });
}

function paint() {
  const ratio = devicePixelRatio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  for (const sheet of sheets) {
    const [left, right, top, bottom] = sheet.box;
    if (x(right) < 0 || x(left) > width || y(bottom) < 0 || y(top) > height) continue;
    const image = scale >= THUMBNAILS ? file(sheet) : null;
    for (let i = 0; i < sheet.spot.length; i++) paintOne(sheet, i, image);
  }
  if (pointed) outline();
}

function paintOne(sheet, i, image) {
  const [left, top, w, h] = boxOf(sheet, i);
  if (left > width || top > height || left + w < 0 || top + h < 0) return;
  const large = scale >= PICTURES ? pictures.get(cellOf(sheet.column[i], sheet.row[i])) : null;
  if (large) pen.drawImage(large, left, top, w, h);
  else if (image && sheet.colours[i]) {
    const { side, across } = map.thumbnail, spot = sheet.spot[i];
    const sx = (spot % across) * side, sy = Math.floor(spot / across) * side;
    pen.drawImage(image, sx, sy, sheet.width[i], sheet.height[i], left, top, w, h);
  } else {
    pen.fillStyle = sheet.colours[i] ?? "#8888";
    if (scale >= THUMBNAILS) pen.fillRect(left, top, w, h);
    else fillCell(sheet.column[i], sheet.row[i]);
  }
}

// A dot is a whole cell, to the pixel: anything else would make stripes.
function fillCell(column, row) {
  const left = Math.floor(x(column)), top = Math.floor(y(row));
  pen.fillRect(left, top, Math.floor(x(column + 1)) - left, Math.floor(y(row + 1)) - top);
}

// Where a painting is on the screen: left, top, width, height.
function boxOf(sheet, i) {
  const room = MARGIN * scale, long = Math.max(sheet.width[i] ?? 1, sheet.height[i] ?? 1);
  const w = room * ((sheet.width[i] ?? 1) / long), h = room * ((sheet.height[i] ?? 1) / long);
  return [x(sheet.column[i] + 0.5) - w / 2, y(sheet.row[i] + 0.5) - h / 2, w, h];
}

function outline() {
  const [left, top, w, h] = boxOf(sheets[pointed.sheet], pointed.i);
  pen.lineWidth = 5;
  pen.strokeStyle = "#000";
  pen.strokeRect(left - 2, top - 2, w + 4, h + 4);
  pen.lineWidth = 3;
  pen.strokeStyle = "#fff";
  pen.strokeRect(left - 2, top - 2, w + 4, h + 4);
}

// The names of the areas, those of the most paintings first, where they hide no other name.
function name() {
  const taken = [];
  for (const area of map.areas) {
    const wanted = scale < Math.max(NO_NAMES, 2 * least) && area.large === scale < SMALL_NAMES;
    area.element ??= makeName(area);
    area.element.hidden = !wanted;
    if (!wanted) continue;
    area.size ??= [area.element.offsetWidth, area.element.offsetHeight];
    const [w, h] = area.size;
    const middle = x(area.column), top = Math.round(y(area.row) - h / 2);
    const left = Math.round(between(middle - w / 2, 4, Math.max(4, width - w - 4)));
    const hides = taken.some(([l, t, r, b]) => left < r && left + w > l && top < b && top + h > t);
    area.element.hidden = hides || middle < 0 || middle > width || top + h < 0 || top > height;
    if (area.element.hidden) continue;
    area.element.style.transform = `translate(${left}px, ${top}px)`;
    taken.push([left - 6, top - 4, left + w + 6, top + h + 4]);
  }
}

function makeName(area) {
  const made = document.createElement("span");
  made.textContent = area.name;
  made.classList.toggle("large", area.large);
  names.append(made);
  return made;
}

// Once nothing moves any more: the larger pictures.
function rest() {
  if (scale < PICTURES) return;
  const [left, top] = at(0, 0), [right, bottom] = at(width, height);
  for (let r = Math.max(0, top); r <= bottom; r++)
    for (let c = Math.max(0, left); c <= Math.min(right, map.side - 1); c++) {
      const cell = cellOf(c, r), place = cells.get(cell);
      if (place && !pictures.has(cell)) fetchPicture(cell, place);
    }
}
