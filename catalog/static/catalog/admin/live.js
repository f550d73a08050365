// Parts of a page that tell of work under way. Each lies in an element with `data-live`, the address
// of the same part as it is now, and `data-watching`: whether anything moves. While it does, what
// has changed is put in the place of what is shown, without taking the focus away.
const PAUSE = 3000; // milliseconds
const REST = 5; // times as long as an answer took: a slow server is asked less often

function show(shownPart, latest) {
  const focused = document.activeElement?.getAttribute("formaction");
  for (const part of latest.querySelectorAll("section[id]")) {
    const shown = document.getElementById(part.id);
    if (!shown) {
      shownPart.append(part);
    } else if (shown.innerHTML !== part.innerHTML) {
      shown.innerHTML = part.innerHTML;
    }
  }
  if (focused && document.activeElement === document.body) {
    shownPart.querySelector(`[formaction="${CSS.escape(focused)}"]`)?.focus();
  }
}

async function look(part) {
  if (document.hidden) {
    return true;
  }
  const answer = await fetch(part.dataset.live, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) {
    return answer.status >= 500; // signed out, or gone: what is shown stays
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const latest = page.getElementById(part.id);
  if (!latest) {
    return false;
  }
  show(part, latest);
  return latest.dataset.watching === "true";
}

async function watch(part) {
  const began = performance.now();
  try {
    if (!(await look(part))) {
      return;
    }
  } catch (error) {
    console.warn("What is under way could not be had; trying again.", error);
  }
  setTimeout(watch, Math.max(PAUSE, REST * (performance.now() - began)), part);
}

for (const part of document.querySelectorAll('[data-live][data-watching="true"]')) {
  setTimeout(watch, PAUSE, part);
}
