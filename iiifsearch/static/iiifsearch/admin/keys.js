// Keys for what a page has buttons and links for: each says its own in aria-keyshortcuts. They do
// not act while somebody writes, and can be switched off.
const OFF = "iiifsearch-keys-off";
const WRITING = 'textarea, select, [contenteditable], input:not([type="checkbox"], [type="range"], [type="radio"])';

for (const button of document.querySelectorAll("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
for (const box of document.querySelectorAll("[data-shortcuts]")) {
  box.checked = !localStorage.getItem(OFF);
  box.addEventListener("change", () =>
    box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"),
  );
}

let gone = false; // a second key while the next page is on its way would decide on what nobody saw
addEventListener("pageshow", () => (gone = false));
addEventListener("submit", () => (gone = true));

addEventListener("keydown", (event) => {
  if (gone || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest(WRITING) || event.target.closest("dialog")) return;
  if (localStorage.getItem(OFF) && event.key !== "?") return;
  const found = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]:not([hidden])`);
  if (!found) return;
  event.preventDefault();
  if (found.href) gone = true;
  found.click();
});
