// The viewer as it comes: ?manifest=URL
// It is bundled for the tests: the build for browsers that the package brings cannot show hits.
import React from "react";
import { createRoot } from "react-dom/client";
import Viewer from "@samvera/clover-iiif/viewer";

const asked = new URLSearchParams(location.search);
createRoot(document.getElementById("viewer")).render(
  <Viewer iiifContent={asked.get("manifest")} />,
);
