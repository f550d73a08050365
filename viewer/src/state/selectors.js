/** What components read from Mirador's store. */

import { getCurrentCanvasWorld, miradorSlice } from 'mirador';
import { INITIAL, UNTOUCHED } from './reducer';

/** The plugin's reducer stands where Mirador's own stand. */
const own = (state) => miradorSlice(state).paintingSearch ?? INITIAL;

export const windowOf = (state, windowId) => own(state).windows[windowId] ?? UNTOUCHED;

export const libraryOf = (state, manifestId) => own(state).libraries[manifestId];

/** Who is reading in a library: undefined before that is known. */
export const meOf = (state, api) => own(state).me[api];

export const recentOf = (state) => own(state).recent;

/** The canvases that a window shows, as Mirador lays them out; null before there are any. */
export function worldOf(state, windowId) {
  return getCurrentCanvasWorld(state, { windowId }) ?? null;
}
