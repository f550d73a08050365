// A picture is made smaller before it is sent, and sent as soon as it is chosen: a phone's has
// megabytes, and the recognition looks at no more than a thousand pixels.
"use strict";

for (const form of document.querySelectorAll("form[data-photo]")) {
  const QUALITY = 0.9, SMALL = 1_000_000; // bytes that may go as they are
  const longest = Number(form.dataset.longest);
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const status = form.querySelector("[role=status]");

  const tell = (text) => {
    form.setAttribute("aria-busy", Boolean(text));
    const bar = document.createElement("progress");
    bar.setAttribute("aria-hidden", "true"); // the text says it
    status.replaceChildren(...(text ? [text, bar] : []));
  };

  // A JPEG of at most `longest` pixels on its long side, upright; the file itself where it is small,
  // or of a kind that this browser cannot read and the server may.
  const smaller = async (file) => {
    try {
      const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = longest / Math.max(bitmap.width, bitmap.height);
      if (scale >= 1 && file.size <= SMALL) return file;
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(bitmap.width * Math.min(1, scale));
      canvas.height = Math.round(bitmap.height * Math.min(1, scale));
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
    } catch {
      return file;
    }
  };

  const send = async (input) => {
    if (!input.files.length) return;
    tell(form.dataset.smaller);
    const put = new DataTransfer();
    put.items.add(await smaller(input.files[0]));
    input.files = put.files;
    for (const other of inputs) if (other !== input) other.value = "";
    tell(form.dataset.looking);
    form.requestSubmit();
  };

  form.classList.add("at-once");
  for (const input of inputs) input.addEventListener("change", () => send(input));
  // Who comes back to the page finds it as it was before, not busy.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.reset();
    tell("");
  });
}
