"use strict";
// While a harvest is under way, put its latest report in the place of the one that is shown.
(() => {
  const PAUSE = 3000; // milliseconds
  const report = document.getElementById("harvest-run");

  async function look() {
    if (document.hidden) {
      return true;
    }
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) {
      return false; // signed out, or gone: what is shown stays
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const latest = page.getElementById("harvest-run");
    if (!latest) {
      return false;
    }
    if (latest.innerHTML !== report.innerHTML) {
      report.innerHTML = latest.innerHTML;
    }
    return latest.dataset.underWay === "true";
  }

  async function watch() {
    try {
      if (!(await look())) {
        return;
      }
    } catch (error) {
      console.warn("The report could not be had; trying again.", error);
    }
    setTimeout(watch, PAUSE);
  }

  setTimeout(watch, PAUSE);
})();
