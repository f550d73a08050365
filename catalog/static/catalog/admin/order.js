// Puts cards in order: dragged, moved by keys or by buttons. All of it writes the numbers of the
// form, which are what is sent; so the page works without this file too.

const form = document.getElementById("order");
const grid = form?.querySelector(".order-grid");

const STEP = 14; // pixels a frame that the page scrolls, while something is held at its edge
const EDGE = 70; // pixels from the edge of the window where that begins
const SLACK = 6; // pixels that a hand may tremble before it is a drag

const first = Number(form?.dataset.first);
const total = Number(form?.dataset.total);
const cards = () => [...grid.children];
const numberOf = (card) => card.querySelector("input[type=number]");
const boxOf = (card) => card.querySelector("input[type=checkbox]");
const isChosen = (card) => Boolean(boxOf(card)?.checked);

let lastChosen = null; // where a choice with shift begins
let leaving = false; // the form is on its way

// What moves with a card: all that are chosen where it is one of them.
const block = (card) => (isChosen(card) ? cards().filter(isChosen) : [card]);

function say(what, moved) {
  const place = numberOf(moved[0]).value;
  let title = moved[0].dataset.title;
  if (moved.length > 1) {
    title = form.dataset.saidMany.replace("{title}", () => title).replace("{more}", moved.length - 1);
  }
  form.querySelector("[data-status]").textContent = form.dataset[what]
    .replace("{place}", place)
    .replace("{total}", total)
    .replace("{title}", () => title);
}

function changed() {
  let place = first;
  for (const card of cards()) {
    if (!card.dataset.goes) {
      numberOf(card).value = place++;
    }
  }
  form.querySelector("[data-unsaved]").hidden = false;
  form.dataset.unsaved = "yes";
}

// Put `moved`, one after the other, so that the first of them is the `index`th card.
function put(moved, index) {
  const others = cards().filter((card) => !moved.includes(card));
  const next = others[Math.max(0, Math.min(index, others.length))] ?? null;
  for (const card of moved) {
    delete card.dataset.goes;
    grid.insertBefore(card, next);
  }
  changed();
}

const indexOf = (moved) => {
  const others = cards().filter((card) => !moved.includes(card));
  const all = cards();
  return others.filter((card) => all.indexOf(card) < all.indexOf(moved[0])).length;
};

function countChosen() {
  const n = cards().filter(isChosen).length;
  const told = form.querySelector("[data-chosen]");
  if (told) {
    told.textContent = n ? form.dataset.saidChosen.replace("{n}", n) : "";
  }
}

function choose(card, event) {
  const box = boxOf(card);
  if (!box) {
    return;
  }
  if (event.shiftKey && lastChosen?.isConnected) {
    const [from, to] = [cards().indexOf(lastChosen), cards().indexOf(card)].sort((a, b) => a - b);
    cards().slice(from, to + 1).forEach((each) => (boxOf(each).checked = true));
  } else if (event.target !== box) {
    box.checked = !box.checked;
  }
  lastChosen = card;
  countChosen();
}

// -- with a mouse, a pen or a finger ---------------------------------------------------------

let drag = null; // { card, moved, pointer, from: [x, y], at: [x, y], before }

function dragStart() {
  drag.moved = block(drag.card);
  drag.before = cards();
  drag.moved.forEach((card) => card.classList.add("is-moving"));
  form.classList.add("is-dragging");
  grid.setPointerCapture(drag.pointer);
  requestAnimationFrame(scroll);
}

function scroll() {
  if (!drag?.moved) {
    return;
  }
  const y = drag.at[1];
  if (y < EDGE) {
    window.scrollBy(0, -STEP);
  } else if (y > window.innerHeight - EDGE) {
    window.scrollBy(0, STEP);
  }
  dragOver(); // another card may lie under the hand now
  requestAnimationFrame(scroll);
}

function dragOver() {
  const over = document.elementFromPoint(...drag.at)?.closest(".order-card");
  if (!over || over.parentElement !== grid || drag.moved.includes(over)) {
    return;
  }
  const box = over.getBoundingClientRect();
  const inList = grid.classList.contains("order-list");
  const after = inList
    ? drag.at[1] > box.top + box.height / 2
    : drag.at[0] > box.left + box.width / 2;
  const others = cards().filter((card) => !drag.moved.includes(card));
  const index = others.indexOf(over) + (after ? 1 : 0);
  if (index !== indexOf(drag.moved) || drag.moved.length > 1) {
    const next = others[index] ?? null;
    drag.moved.forEach((card) => grid.insertBefore(card, next));
  }
}

function dragEnd(event) {
  const { moved, before } = drag;
  drag = null;
  if (!moved) {
    return;
  }
  moved.forEach((card) => card.classList.remove("is-moving"));
  form.classList.remove("is-dragging");
  if (event.type === "pointercancel") {
    before.forEach((card) => grid.append(card));
    return;
  }
  if (cards().some((card, index) => card !== before[index])) {
    moved.forEach((card) => delete card.dataset.goes);
    changed();
    say("saidPut", moved);
  }
  // The click that ends a drag is none.
  grid.addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
  setTimeout(() => grid.dispatchEvent(new Event("click")), 0);
}

function onPointerDown(event) {
  const card = event.target.closest(".order-card");
  const control = event.target.closest("input, button, a");
  const onGrip = Boolean(event.target.closest("[data-grip]"));
  if (!card || event.button !== 0 || event.ctrlKey || event.shiftKey || event.metaKey) {
    return;
  }
  if (onGrip || (event.pointerType === "mouse" && !control)) {
    const at = [event.clientX, event.clientY];
    drag = { card, pointer: event.pointerId, from: at, at, moved: null };
  }
}

function onPointerMove(event) {
  if (event.pointerId !== drag?.pointer) {
    return;
  }
  drag.at = [event.clientX, event.clientY];
  const [x, y] = drag.from;
  if (!drag.moved && Math.hypot(event.clientX - x, event.clientY - y) > SLACK) {
    dragStart();
  }
  if (drag.moved) {
    dragOver();
  }
}

// -- with the keyboard -----------------------------------------------------------------------

let taken = null; // { grip, card, moved, before }

function take(grip) {
  const card = grip.closest(".order-card");
  taken = { grip, card, moved: block(card), before: cards() };
  taken.moved.forEach((each) => each.classList.add("is-taken"));
  grip.setAttribute("aria-pressed", "true");
  say("saidTaken", taken.moved);
}

function letGo(what) {
  const { grip, moved, before } = taken;
  taken = null;
  if (what === "saidBack") {
    before.forEach((card) => grid.append(card));
    changed();
    grip.focus();
  }
  moved.forEach((each) => each.classList.remove("is-taken"));
  grip.setAttribute("aria-pressed", "false");
  say(what, moved);
}

function columns() {
  const tops = cards().map((card) => card.offsetTop);
  return Math.max(1, tops.filter((top) => top === tops[0]).length);
}

function onKeyDown(event) {
  const grip = event.target.closest("[data-grip]");
  if (!grip) {
    return;
  }
  if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    if (taken) {
      letGo("saidPut");
    } else {
      take(grip);
    }
    return;
  }
  if (!taken) {
    return;
  }
  if (event.key === "Escape") {
    event.preventDefault();
    letGo("saidBack");
    return;
  }
  const now = indexOf(taken.moved);
  const row = columns();
  const index = {
    ArrowLeft: now - 1,
    ArrowRight: now + 1,
    ArrowUp: now - row,
    ArrowDown: now + row,
    Home: 0,
    End: cards().length,
  }[event.key];
  if (index === undefined) {
    return;
  }
  event.preventDefault();
  const { moved } = taken;
  put(moved, index);
  grip.focus(); // an element that is moved in the page loses it
  taken.card.scrollIntoView({ block: "nearest" });
  say("saidMoved", moved);
}

function onFocusOut(event) {
  // Whoever goes elsewhere has put it down; to move it in the page takes the focus for a moment.
  setTimeout(() => {
    if (taken && document.activeElement !== taken.grip && event.target === taken.grip) {
      letGo("saidPut");
    }
  }, 0);
}

// -- buttons and numbers ---------------------------------------------------------------------

function onClick(event) {
  const card = event.target.closest?.(".order-card");
  const by = event.target.closest?.("[data-by]");
  if (by) {
    const moved = block(card);
    put(moved, indexOf(moved) + Number(by.dataset.by));
    by.focus();
    say("saidMoved", moved);
  } else if (card && (event.target === boxOf(card) || !event.target.closest("input, button, a"))) {
    if (event.defaultPrevented) {
      return;
    }
    choose(card, event);
  }
}

function onChange(event) {
  const card = event.target.closest(".order-card");
  if (event.target.type !== "number" || !card || !event.target.checkValidity()) {
    return;
  }
  const place = Number(event.target.value);
  const isHere = place >= first && place < first + cards().length;
  if (isHere) {
    put([card], place - first);
    event.target.focus();
    say("saidMoved", [card]);
  } else {
    card.dataset.goes = place;
    changed();
    say("saidLeaves", [card]);
  }
}

if (grid) {
  form.classList.add("is-scripted");
  form.querySelectorAll("[data-grip], [data-by], [data-scripted]").forEach((part) => (part.hidden = false));
  grid.addEventListener("dragstart", (event) => event.preventDefault());
  grid.addEventListener("pointerdown", onPointerDown);
  grid.addEventListener("pointermove", onPointerMove);
  for (const kind of ["pointerup", "pointercancel"]) {
    window.addEventListener(kind, (event) => event.pointerId === drag?.pointer && dragEnd(event));
  }
  grid.addEventListener("keydown", onKeyDown);
  grid.addEventListener("focusout", onFocusOut);
  grid.addEventListener("click", onClick);
  grid.addEventListener("change", onChange);
  form.addEventListener("submit", () => (leaving = true));
  window.addEventListener("beforeunload", (event) => {
    if (form.dataset.unsaved && !leaving) {
      event.preventDefault();
    }
  });
  countChosen();
}
