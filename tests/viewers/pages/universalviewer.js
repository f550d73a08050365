// The viewer as it comes: ?manifest=URL
const asked = new URLSearchParams(location.search);
window.uv = UV.init("viewer", { manifest: asked.get("manifest"), embedded: true });
