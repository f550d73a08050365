// The viewer as it comes, with one window: ?manifest=URL, and &view=book for two pages at a time.
const asked = new URLSearchParams(location.search);
window.mirador = Mirador.viewer({
  id: "viewer",
  windows: [{ manifestId: asked.get("manifest"), view: asked.get("view") ?? "single" }],
});
