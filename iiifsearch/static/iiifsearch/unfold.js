// What is fetched only when somebody unfolds it: a part of the page that a link within leads to.
"use strict";

for (const details of document.querySelectorAll("details[data-from]")) {
  const links = details.querySelector("p");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  let asked = false;

  details.addEventListener("toggle", async () => {
    if (!details.open || asked) return;
    asked = true;
    links.before(said);
    said.textContent = details.dataset.waiting;
    try {
      const answer = await fetch(details.dataset.from);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      said.remove();
      links.replaceWith(page.getElementById(details.dataset.part));
    } catch {
      said.textContent = details.dataset.failed;
      asked = false; // unfolding it again tries again, and the links lead there all the same
    }
  });
}
