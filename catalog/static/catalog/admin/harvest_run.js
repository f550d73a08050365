"use strict";
// While anything is to be done for a harvest, put the latest parts of its report in the place of
// those that are shown: only what has changed, and without taking the focus away.
(() => {
  const PAUSE = 3000; // milliseconds
  const REST = 5; // times as long as an answer took: a slow server is asked less often
  const report = document.getElementById("harvest-run");

  function show(latest) {
    const focused = document.activeElement?.getAttribute("formaction");
    for (const part of latest.querySelectorAll("section[id]")) {
      const shown = document.getElementById(part.id);
      if (!shown) {
        report.append(part);
      } else if (shown.innerHTML !== part.innerHTML) {
        shown.innerHTML = part.innerHTML;
      }
    }
    if (focused && document.activeElement === document.body) {
      report.querySelector(`[formaction="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  async function look() {
    if (document.hidden) {
      return true;
    }
    const answer = await fetch(report.dataset.progress, {
      credentials: "same-origin",
      redirect: "error",
    });
    if (!answer.ok) {
      return answer.status >= 500; // signed out, or gone: what is shown stays
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const latest = page.getElementById("harvest-run");
    if (!latest) {
      return false;
    }
    show(latest);
    return latest.dataset.watching === "true";
  }

  async function watch() {
    const began = performance.now();
    try {
      if (!(await look())) {
        return;
      }
    } catch (error) {
      console.warn("The report could not be had; trying again.", error);
    }
    setTimeout(watch, Math.max(PAUSE, REST * (performance.now() - began)));
  }

  setTimeout(watch, PAUSE);
})();
