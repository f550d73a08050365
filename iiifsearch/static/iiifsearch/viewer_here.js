// The viewer in the picture's place, when it is asked for: it is large, and most readers only look.
"use strict";

for (const button of document.querySelectorAll("[data-viewer]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const frame = document.createElement("iframe");
    frame.src = `${button.dataset.viewer}#viewer`; // what is aimed at stands alone (viewer.css)
    frame.title = button.dataset.title;
    frame.allowFullscreen = true;
    const picture = document.getElementById("picture");
    picture?.before(frame);
    if (picture) picture.hidden = true;
    button.closest(".painting").classList.add("viewing");
    button.remove();
    frame.focus();
  });
}
