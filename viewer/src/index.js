/**
 * A plugin for Mirador 4 that searches a library of paintings from the viewer.
 *
 *     import Mirador from 'mirador';
 *     import paintingSearch from 'iiifsearch-viewer';
 *     Mirador.viewer({ id: 'viewer', paintingSearch: { api: 'https://library/api/' } }, paintingSearch);
 *
 * Manifests that come from a library of iiifsearch need no configuration.
 */

import {
  getCanvasLabel, getCanvases, getConfig, getCurrentCanvas, getManifest, getManifestTitle,
  getVisibleCanvases, getWindow, getWindowViewType, receiveManifest, setWindowViewType,
} from 'mirador';
import { LibraryLoader } from './components/LibraryLoader';
import { Panel } from './components/Panel';
import { PanelIcon } from './components/PanelIcon';
import { RegionOverlay } from './components/RegionOverlay';
import { apiOf } from './lib/library';
import { postprocess } from './lib/searchResponse';
import * as actions from './state/actions';
import { reducer } from './state/reducer';
import {
  libraryOf, meOf, recentOf, windowOf,
} from './state/selectors';
import translations from './locales';

/** Name of the panel, as `sideBarPanel` takes it, too. */
export const KEY = 'paintingSearch';

PanelIcon.value = KEY;

const placed = (state, windowId) => {
  const manifestId = getWindow(state, { windowId })?.manifestId ?? '';
  const manifest = getManifest(state, { windowId })?.json;
  return { api: apiOf(getConfig(state), manifest), library: libraryOf(state, manifestId), manifest, manifestId };
};

/** What the reader calls the picture: the object's title, and which of its pictures it is. */
function titleOf(state, windowId) {
  const title = getManifestTitle(state, { windowId }) ?? '';
  if ((getCanvases(state, { windowId }) ?? []).length < 2) return title;
  const canvas = getCurrentCanvas(state, { windowId });
  const label = canvas ? getCanvasLabel(state, { canvasId: canvas.id, windowId }) : '';
  return [title, label].filter(Boolean).join(', ');
}

const plugins = [
  { component: PanelIcon, mode: 'add', target: 'WindowSideBarButtons' },
  {
    companionWindowKey: KEY,
    component: Panel,
    config: { requests: { postprocessors: [postprocess] }, translations },
    mapDispatchToProps: (dispatch, { windowId }) => ({
      changeAsk: (change) => dispatch(actions.changeAsk(windowId, change)),
      changeComment: (change) => dispatch(actions.changeComment(windowId, change)),
      loadMe: (api) => dispatch(actions.loadMe(api)),
      openHit: (hit) => dispatch(actions.openHit(windowId, hit)),
      saveComment: (...said) => dispatch(actions.saveComment(windowId, ...said)),
      retry: (...asked) => dispatch(actions.loadLibrary(...asked)),
      search: (...asked) => dispatch(actions.search(windowId, ...asked)),
      setDrawing: (on) => dispatch(actions.setDrawing(windowId, on)),
      showOne: () => dispatch(setWindowViewType(windowId, 'single')),
    }),
    mapStateToProps: (state, { windowId }) => {
      const place = placed(state, windowId);
      return {
        ...place,
        canvas: getCurrentCanvas(state, { windowId }) ?? null,
        collect: getConfig(state)?.paintingSearch?.collect ?? '',
        label: titleOf(state, windowId),
        me: meOf(state, place.api),
        recent: recentOf(state),
        view: getWindowViewType(state, { windowId }),
        visible: getVisibleCanvases(state, { windowId }) ?? [],
        ...windowOf(state, windowId),
      };
    },
    reducers: { paintingSearch: reducer },
  },
  {
    component: RegionOverlay,
    mapDispatchToProps: (dispatch, { windowId }) => ({
      changeAsk: (change) => dispatch(actions.changeAsk(windowId, change)),
      changeComment: (change) => dispatch(actions.changeComment(windowId, change)),
      search: (...asked) => dispatch(actions.search(windowId, ...asked)),
      setDrawing: (on) => dispatch(actions.setDrawing(windowId, on)),
    }),
    mapStateToProps: (state, { windowId }) => {
      const { api, library } = placed(state, windowId);
      const {
        ask, comment, drawing, target,
      } = windowOf(state, windowId);
      return {
        api, ask, comment, drawing, library, target,
      };
    },
    mode: 'add',
    target: 'OpenSeadragonViewer',
  },
  {
    component: LibraryLoader,
    mapDispatchToProps: { loadLibrary: actions.loadLibrary, receiveManifest },
    mapStateToProps: (state, { windowId }) => placed(state, windowId),
    mode: 'add',
    target: 'Window',
  },
];

export default plugins;
