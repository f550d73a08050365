// Deciding by keyboard, on pages whose forms work without it: a form of `data-decide` holds rows of
// `data-item`; buttons of `data-key` decide what is ticked, those of `data-own` the row they are in.

const PLACE = `deciding ${location.pathname}${location.search}`;
const items = [...document.querySelectorAll("[data-decide] [data-item]")];
const help = document.querySelector("dialog.keys");
let current = -1;

function go(to) {
  if (!items.length) {
    return;
  }
  items[current]?.classList.remove("current");
  current = Math.min(Math.max(to, 0), items.length - 1);
  const item = items[current];
  item.classList.add("current");
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function decide(key) {
  const item = items[current];
  const form = item?.closest("form") ?? document.querySelector("[data-decide]");
  const ticked = form?.querySelector('input[name="chosen"]:checked');
  const button = ticked
    ? form.querySelector(`[data-key="${key}"]`)
    : item?.querySelector(`[data-own="${key}"]`);
  button?.click();
}

const DOES = {
  j: () => go(current + 1),
  k: () => go(current - 1),
  x: () => items[current]?.querySelector('input[type="checkbox"]')?.click(),
  r: () => decide("r"),
  w: () => decide("w"),
  u: () => document.querySelector(".undo button")?.click(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest(
    'input:not([type="checkbox"]), select, textarea, [contenteditable], dialog',
  );
  if (writing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
    return;
  }
  const does = Object.hasOwn(DOES, event.key) ? DOES[event.key] : null;
  if (does) {
    event.preventDefault();
    does();
  }
});

// A row that is clicked or reached by Tab is where the keys go on from.
document.addEventListener("focusin", (event) => {
  const at = items.indexOf(event.target.closest("[data-item]"));
  if (at >= 0 && at !== current) {
    items[current]?.classList.remove("current");
    current = at;
    items[at].classList.add("current");
  }
});

// What was decided leaves the page, which comes anew: go on with what stands in its place.
document.addEventListener("submit", () => {
  sessionStorage.setItem(PLACE, String(Math.max(current, 0)));
});
const left = sessionStorage.getItem(PLACE);
if (left !== null) {
  sessionStorage.removeItem(PLACE);
  go(Number(left));
}

const shows = document.querySelector("[data-keys]");
if (shows && help) {
  shows.hidden = false;
  shows.addEventListener("click", () => help.showModal());
}
