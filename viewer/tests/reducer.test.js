import { describe, expect, it } from 'vitest';
import { EMPTY } from '../src/lib/ask';
import { Type } from '../src/state/actions';
import { INITIAL, reducer } from '../src/state/reducer';

const after = (...actions) => actions.reduce(reducer, INITIAL);
const asked = (words) => ({ ask: { ...EMPTY, words }, more: false, type: Type.STARTED, windowId: 'w' });
const hits = (...keys) => ({ hits: keys.map((key) => ({ key })), notices: [], total: 9 });
const received = (answer, more = false) => ({ answer, more, type: Type.RECEIVED, windowId: 'w' });

describe('the state of a window', () => {
  it('keeps hits while more are fetched, and shows none twice', () => {
    const state = after(asked('sea'), received(hits('a', 'b')), { ...asked('sea'), more: true }, received(hits('b', 'c'), true));
    expect(state.windows.w.answer.hits.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  it('forgets the hits of another question, and keeps them when more cannot be had', () => {
    expect(after(asked('sea'), received(hits('a')), asked('moon')).windows.w.answer).toBeNull();
    const failed = after(asked('sea'), received(hits('a')), { error: { reason: 'busy' }, more: true, type: Type.FAILED, windowId: 'w' });
    expect(failed.windows.w).toMatchObject({ answer: { total: 9 }, error: { reason: 'busy' }, searching: false });
  });

  it('remembers the last questions, each once, the newest first', () => {
    const { recent } = after(...'abcdefghij'.split('').map(asked), asked('f'));
    expect(recent.map(({ words }) => words).join('')).toBe('fjihgedc');
  });

  it('drops what was drawn when another canvas is shown, and everything when its window is closed', () => {
    const region = { canvasId: 'c', h: 1, w: 1, x: 0, y: 0 };
    const drawn = [{ change: { kind: 'region', region }, type: Type.ASK, windowId: 'w' }];
    expect(after(...drawn).windows.w.ask.region).toEqual(region);
    expect(after(...drawn, { canvasId: 'd', type: 'mirador/SET_CANVAS', windowId: 'w' }).windows.w.ask.region).toBeNull();
    expect(after(...drawn, { type: 'mirador/REMOVE_WINDOW', windowId: 'w' }).windows).toEqual({});
  });

  it('of others is not touched', () => {
    const state = after(asked('sea'));
    expect(reducer(state, { canvasId: 'd', type: 'mirador/SET_CANVAS', windowId: 'other' })).toBe(state);
  });
});
