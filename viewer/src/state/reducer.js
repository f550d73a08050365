/**
 * What the plugin remembers: of each window what is asked, drawn and found there; what libraries
 * can be asked; and the last questions, while the page is open. Nothing is kept beyond it.
 */

import { ActionTypes } from 'mirador';
import { EMPTY, isComplete, target } from '../lib/ask';
import { UNSAID } from '../lib/comments';
import { Type } from './actions';

/** Questions that are kept at hand. */
const RECENT = 8;

export const INITIAL = Object.freeze({
  libraries: {}, me: {}, recent: [], windows: {},
});

/** A comment that nobody has begun; `saved`: the last one is stored. */
const UNWRITTEN = Object.freeze({ ...UNSAID, error: null, saved: false, saving: false });

/** @type {object} a window nobody has searched in */
export const UNTOUCHED = Object.freeze({
  answer: null,
  asked: null,
  ask: EMPTY,
  comment: UNWRITTEN,
  drawing: false,
  error: null,
  opened: null,
  openedKey: null,
  searching: false,
  target: null,
});

export function reducer(state = INITIAL, action = {}) {
  const { windowId } = action;
  const of = (change) => ({
    ...state,
    windows: {
      ...state.windows,
      [windowId]: { ...(state.windows[windowId] ?? UNTOUCHED), ...change },
    },
  });
  const before = state.windows[windowId] ?? UNTOUCHED;
  switch (action.type) {
    case Type.ASK:
      return of({ ask: { ...before.ask, ...action.change } });
    case Type.COMMENT:
      return of({ comment: { ...before.comment, error: null, saved: false, ...action.change } });
    case Type.COMMENTING:
      return of({ comment: { ...before.comment, error: null, saved: false, saving: true } });
    case Type.COMMENTED:
      return of(commented(before, action.error));
    case Type.ME:
      return { ...state, me: { ...state.me, [action.api]: action.me } };
    case Type.DRAWING:
      return of({ drawing: action.drawing });
    case Type.TARGET:
      return of({ target: action.target });
    case Type.OPENED:
      return of({ opened: action.opened, openedKey: action.key });
    case Type.LIBRARY:
      return {
        ...state,
        libraries: {
          ...state.libraries,
          [action.manifestId]: { api: action.api, error: action.error ?? null, ...action.library },
        },
      };
    case Type.STARTED:
      return {
        ...of({
          answer: action.more ? before.answer : null,
          ask: action.ask,
          asked: action.ask,
          error: null,
          searching: true,
        }),
        recent: action.more ? state.recent : remembered(state.recent, action.ask),
      };
    case Type.RECEIVED:
      return of({ answer: joined(action.more ? before.answer : null, action.answer), searching: false });
    case Type.FAILED:
      return of({ error: action.error, searching: false });
    case ActionTypes.SET_CANVAS:
      return state.windows[windowId] ? of(turned(before)) : state;
    case ActionTypes.REMOVE_WINDOW: {
      const { [windowId]: _gone, ...windows } = state.windows;
      return { ...state, windows };
    }
    default:
      return state;
  }
}

/** A comment was stored, or not: then all of it stays, to be sent again. */
function commented({ comment, drawing }, error) {
  if (error) return { comment: { ...comment, error, saving: false } };
  const { language, motivation, rights } = comment;
  return {
    comment: {
      ...UNWRITTEN, language, motivation, rights, saved: true,
    },
    drawing: drawing === 'comment' ? false : drawing,
  };
}

/** Another canvas is shown: what was drawn on the one before it is over. A text stays. */
function turned(window) {
  const { ask, comment } = window;
  return {
    ask: ask.region ? { ...ask, region: null } : ask,
    comment: { ...comment, region: null, saved: false },
  };
}

/** More hits after those there are; none twice. */
function joined(before, answer) {
  if (!before) return answer;
  const there = new Set(before.hits.map((hit) => hit.key));
  return { ...answer, hits: [...before.hits, ...answer.hits.filter((hit) => !there.has(hit.key))] };
}

function remembered(recent, ask) {
  if (!isComplete(ask)) return recent;
  const name = (one) => JSON.stringify([one.kind, one.kind === 'words' ? one.words.trim() : target(one)]);
  return [ask, ...recent.filter((one) => name(one) !== name(ask))].slice(0, RECENT);
}
