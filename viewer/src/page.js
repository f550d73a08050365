/**
 * The viewer on a library's own pages: Mirador, the plugin, and what the page says is to be shown.
 *
 * The page holds `<div id="viewer">` and, as JSON in `<script id="viewer-config">`:
 * {manifest, canvas, region: [x, y, w, h] in canvas units or null, api, language, dark, collect: where a curator
 * adds paintings to a collection}.
 */

import Mirador from 'mirador';
import plugins, { KEY } from './index';
import { setTarget } from './state/actions';

const WINDOW = 'painting';

/** Where a screen has no room for a panel beside the picture, in pixels. */
const NARROW = 700;

/** Mirador shows comments and tags only: here, whatever is said of a painting. */
const SAID = ['assessing', 'classifying', 'commenting', 'describing', 'identifying', 'questioning', 'replying', 'tagging'];

/** The red of the library's other pages; no capitals, for which other scripts have no use. */
const palette = (main) => ({ primary: { main }, secondary: { main } });
const THEME = {
  palette: palette('#8c2f1b'),
  typography: {
    button: { letterSpacing: 'normal', textTransform: 'none' }, fontFamily: 'system-ui, sans-serif', letterSpacing: 'normal',
  },
};

function start(id, told) {
  const narrow = window.innerWidth < NARROW;
  const viewer = Mirador.viewer({
    annotations: { filteredMotivations: [...SAID, ...SAID.map((name) => `oa:${name}`)] },
    id,
    language: told.language,
    // What is in sight stays in sight when a panel or a second window takes room.
    osdConfig: { drawer: 'canvas', gestureSettingsMouse: { clickToZoom: false }, preserveImageSizeOnResize: false },
    paintingSearch: { api: told.api, collect: told.collect },
    selectedTheme: told.dark ? 'dark' : 'light',
    theme: THEME,
    themes: { dark: { palette: palette('#eb9a80') }, light: { palette: palette('#8c2f1b') } },
    thumbnailNavigation: { defaultPosition: 'off' },
    window: {
      allowClose: true,
      allowMaximize: true,
      defaultSideBarPanel: KEY,
      defaultSidebarPanelWidth: narrow ? Math.round(window.innerWidth * 0.7) : 340,
      panels: { annotations: true, attribution: true, canvas: true, info: true, layers: true, search: true },
      sideBarOpen: !narrow,
    },
    windows: [{ canvasId: told.canvas, id: WINDOW, manifestId: told.manifest }],
    workspace: { showZoomControls: true },
    workspaceControlPanel: { enabled: false },
  }, plugins);
  if (told.region) {
    const [x, y, w, h] = told.region;
    viewer.store.dispatch(setTarget(WINDOW, { canvasId: told.canvas, h, w, x, y }));
  }
  return viewer;
}

const told = JSON.parse(document.getElementById('viewer-config')?.textContent ?? 'null');
if (told) {
  const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
  // For whoever wants to drive it from the page's console, and for tests.
  window.paintingViewer = start('viewer', { ...told, dark });
}

export { start };
