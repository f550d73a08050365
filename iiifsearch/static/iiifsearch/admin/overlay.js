// One picture of a pair laid upon the other, and lines between the places that agree.
const part = document.querySelector("[data-inliers]");
const tools = part.querySelector(".tools");
const overlay = part.querySelector(".overlay");
const stage = part.querySelector(".stage");
const over = stage.querySelector(".over");
const said = part.querySelector("[data-said]");
const draws = part.querySelector("[data-draws]");
const pictures = part.querySelector(".pair");
const SVG = "http://www.w3.org/2000/svg";

let matrix = stage.dataset.matrix ? JSON.parse(stage.dataset.matrix) : null;
let asked, drawing;

// The matrix is in shares of both pictures' sides; both fill the stage, so these are its own.
function lay() {
  const { clientWidth: w, clientHeight: h } = stage;
  if (!matrix || !w || !h) return;
  const [[a, b, c], [d, e, f], [g, i, one]] = matrix;
  const columns = [
    [a, (d * h) / w, 0, g / w],
    [(b * w) / h, e, 0, i / h],
    [0, 0, 1, 0],
    [c * w, f * h, 0, one],
  ];
  over.firstElementChild.style.transform = `matrix3d(${columns.flat().join(",")})`;
}

// Lines from picture to picture, as they lie on the page now.
function draw() {
  drawing?.remove();
  if (!draws.checked || !asked?.lines) return;
  drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "agreeing");
  drawing.setAttribute("aria-hidden", "true");
  const origin = pictures.getBoundingClientRect();
  const [first, second] = [...pictures.querySelectorAll(".painting")].map((image) => {
    const box = image.getBoundingClientRect();
    return (x, y) => [box.left - origin.left + x * box.width, box.top - origin.top + y * box.height];
  });
  for (const [x, y, u, v] of asked.lines) {
    const [from, to] = [first(x, y), second(u, v)];
    add("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1] });
    for (const [cx, cy] of [from, to]) add("circle", { cx, cy, r: 2.5 });
  }
  pictures.append(drawing);
}

function add(name, values) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value.toFixed(1));
  drawing.append(element);
}

async function ask() {
  if (asked) return;
  said.textContent = part.dataset.waiting;
  try {
    const answer = await fetch(part.dataset.inliers);
    if (!answer.ok) throw new Error(answer.statusText);
    asked = await answer.json();
    said.textContent = asked.message;
  } catch {
    said.textContent = part.dataset.failed; // ticking the box again asks again
  }
}

const opacity = part.querySelector("[data-opacity]");
const wipe = part.querySelector("[data-wipe]");
const blinks = part.querySelector("[data-blinks]");
const show = () => {
  over.style.opacity = opacity.value / 100;
  over.style.clipPath = `inset(0 0 0 ${wipe.value}%)`;
};
opacity.addEventListener("input", show);
wipe.addEventListener("input", show);
blinks.addEventListener("click", () => {
  const away = stage.classList.toggle("blinked");
  blinks.setAttribute("aria-pressed", away);
});
draws.addEventListener("change", async () => {
  if (draws.checked) await ask();
  draw();
});

tools.hidden = false;
show();
new ResizeObserver(draw).observe(pictures);
new ResizeObserver(lay).observe(stage);
if (!matrix) {
  await ask(); // nobody measured the pair, or what was measured tells no place
  matrix = asked?.matrix;
  if (!matrix) said.textContent = `${asked?.message ?? ""} ${part.dataset.nowhere}`.trim();
}
overlay.hidden = !matrix;
lay();
