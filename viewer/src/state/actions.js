/** What happens in searches, as actions of Mirador's store. */

import { addWindow, getWindow, miradorSlice, receiveAnnotation, updateWindow } from 'mirador';
import { request } from '../lib/ask';
import { SearchError, fetchJson, readAnswer, readLibrary } from '../lib/client';
import { pageOf, readMe, requestOf } from '../lib/comments';
import { pictureOf } from '../lib/pictures';
import { worldOf } from './selectors';

export const Type = Object.freeze({
  ASK: 'paintingSearch/ASK',
  COMMENT: 'paintingSearch/COMMENT',
  COMMENTED: 'paintingSearch/COMMENTED',
  COMMENTING: 'paintingSearch/COMMENTING',
  DRAWING: 'paintingSearch/DRAWING',
  FAILED: 'paintingSearch/FAILED',
  LIBRARY: 'paintingSearch/LIBRARY',
  ME: 'paintingSearch/ME',
  OPENED: 'paintingSearch/OPENED',
  RECEIVED: 'paintingSearch/RECEIVED',
  STARTED: 'paintingSearch/STARTED',
  TARGET: 'paintingSearch/TARGET',
});

/** Searches that are under way, by window: a new one ends the one before it. */
const underWay = new Map();

/** Change what is about to be asked in a window. */
export const changeAsk = (windowId, change) => ({ change, type: Type.ASK, windowId });

/** Change what is about to be said in a window. */
export const changeComment = (windowId, change) => ({ change, type: Type.COMMENT, windowId });

/** Begin or end drawing on the pictures of a window: true for a search, 'comment' for a comment. */
export const setDrawing = (windowId, drawing) => ({ drawing, type: Type.DRAWING, windowId });

/** What a window is to show and to outline: {canvasId, x, y, w, h}, or null. */
export const setTarget = (windowId, region) => ({ target: region, type: Type.TARGET, windowId });

/**
 * Ask what can be asked of a library, once for each manifest.
 * @param {string} api address of its REST interface
 */
export function loadLibrary(api, manifestId) {
  return async (dispatch) => {
    dispatch({ api, library: null, manifestId, type: Type.LIBRARY });
    try {
      const params = new URLSearchParams({ manifest: manifestId });
      const library = readLibrary(await fetchJson(api, { params, path: 'library/' }));
      dispatch({ api, library, manifestId, type: Type.LIBRARY });
    } catch (error) {
      dispatch({ api, error: failure(error), library: null, manifestId, type: Type.LIBRARY });
    }
  };
}

/** Ask who is reading. Where that cannot be had, nobody is: a reader can search all the same. */
export function loadMe(api) {
  return async (dispatch) => {
    const me = await readMe(api).catch(() => null);
    dispatch({ api, me: me ?? { mayComment: false }, type: Type.ME });
  };
}

/** Store what a reader says of a canvas, and show it among its annotations. */
export function saveComment(windowId, api, me, comment, canvasId, language) {
  return async (dispatch, getState) => {
    dispatch({ type: Type.COMMENTING, windowId });
    try {
      const json = requestOf(comment, canvasId, language);
      const annotation = await fetchJson(api, { json, path: 'comments/', session: me });
      const known = Object.keys(miradorSlice(getState()).annotations?.[json.canvas] ?? {});
      const page = await pageOf(annotation, known);
      dispatch(receiveAnnotation(json.canvas, page.id, page.json));
      dispatch({ error: null, type: Type.COMMENTED, windowId });
    } catch (error) {
      dispatch({ error: failure(error), type: Type.COMMENTED, windowId });
    }
  };
}

/** Search. `more`: the hits that follow those that are shown. */
export function search(windowId, api, library, ask, { more = false, shown = 0 } = {}) {
  return async (dispatch, getState) => {
    underWay.get(windowId)?.abort();
    const controller = new AbortController();
    underWay.set(windowId, controller);
    dispatch({ ask, more, type: Type.STARTED, windowId });
    try {
      const json = await answerTo(api, library, ask, more ? shown : 0, controller.signal, () => (
        pictureOf(worldOf(getState(), windowId), ask)
      ));
      if (controller.signal.aborted) return;
      dispatch({ answer: readAnswer(json), more, type: Type.RECEIVED, windowId });
    } catch (error) {
      if (controller.signal.aborted) return;
      dispatch({ error: failure(error), more, type: Type.FAILED, windowId });
    } finally {
      if (underWay.get(windowId) === controller) underWay.delete(windowId);
    }
  };
}

/**
 * A canvas that the library does not hold is looked for by its picture: `picture` gives its
 * address, and the part that is meant, or null.
 */
async function answerTo(api, library, ask, offset, signal, picture) {
  const { path, params } = request(ask, library, offset);
  try {
    return await fetchJson(api, { params, path }, signal);
  } catch (error) {
    const shown = ask.kind !== 'words' && error.status === 404 ? picture() : null;
    if (!shown) throw error;
    params.delete('canvas');
    const body = new FormData();
    [...params, ...Object.entries(shown)].forEach(([name, value]) => body.append(name, value));
    return fetchJson(api, { body, path }, signal);
  }
}

/**
 * Open a hit beside the window that was searched from, at the place that was found. The next hit
 * is shown in the same second window.
 */
export function openHit(windowId, hit) {
  return (dispatch, getState) => {
    const state = getState();
    const before = state.paintingSearch?.windows[windowId]?.opened;
    const reused = before && getWindow(state, { windowId: before });
    const shown = { canvasId: hit.canvasId, manifestId: hit.manifestId };
    const id = reused ? before : `painting-search-${windowId}-${Date.now()}`;
    const region = hit.place && { canvasId: hit.canvasId, ...hit.place };
    dispatch(setTarget(id, region ?? null));
    dispatch({ key: hit.key, opened: id, type: Type.OPENED, windowId });
    if (reused) dispatch(updateWindow(id, { ...shown, collectionPath: [] }));
    else dispatch(addWindow({ ...shown, id, sideBarOpen: false }));
  };
}

/** What the panel says of an error. */
function failure(error) {
  if (error instanceof SearchError) return { message: error.message, reason: error.reason };
  return { message: String(error?.message ?? error), reason: 'unreadable' };
}


