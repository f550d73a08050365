// What the pages do better with a script; they do everything without it.
"use strict";

// Words that begin like the last one typed, from the library's own autocomplete service.
for (const box of document.querySelectorAll("input[data-autocomplete]")) {
  const list = document.getElementById(box.getAttribute("list"));
  let timer, asked, asking;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const q = box.value.trimStart();
      if (q.length < 2 || q.length > 60 || q === asked) return;
      asked = q;
      asking?.abort(); // nobody waits for the older answer
      asking = new AbortController();
      const { signal } = asking;
      try {
        const address = `${box.dataset.autocomplete}?${new URLSearchParams({ q })}`;
        const answer = await fetch(address, { signal });
        const terms = answer.ok ? (await answer.json()).items ?? [] : [];
        list.replaceChildren(...terms.slice(0, 8).map((term) => new Option(term.value, term.value)));
      } catch {
        if (!signal.aborted) list.replaceChildren(); // searching works without suggestions
      }
    }, 180);
  });
}

// A button beside every text that is there to be copied.
for (const box of document.querySelectorAll("[data-copy]")) {
  box.addEventListener("focus", () => box.select());
  if (!navigator.clipboard) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = box.dataset.copy;
  button.title = box.labels[0].textContent; // which of the many buttons it is
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.value);
    button.textContent = box.dataset.copied;
    setTimeout(() => (button.textContent = box.dataset.copy), 2000);
  });
  box.after(button);
}

// What a slider stands at, in percent, beside it.
for (const slider of document.querySelectorAll("input[type=range]")) {
  const shown = document.createElement("output");
  shown.htmlFor = slider.id;
  const show = () => (shown.value = `${Math.round(slider.value * 100)} %`);
  slider.addEventListener("input", show);
  show();
  slider.after(shown);
}
