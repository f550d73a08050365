import {
  afterEach, describe, expect, it, vi,
} from 'vitest';
import {
  LICENCES, UNSAID, isSaid, pageOf, readMe, requestOf,
} from '../src/lib/comments';
import { SearchError } from '../src/lib/client';
import { Type, saveComment } from '../src/state/actions';
import { INITIAL, UNTOUCHED, reducer } from '../src/state/reducer';

const API = 'https://library.example/api/';
const PAGE = 'https://library.example/painting/k/viewer/';
const region = {
  canvasId: 'c2', h: 40.4, w: 30.6, x: 10.2, y: 20,
};
const said = { ...UNSAID, text: 'A dog' };

const answering = (...answers) => {
  const left = [...answers];
  vi.stubGlobal('fetch', vi.fn(async () => {
    const [status, json] = left.shift();
    return { json: async () => json, ok: status < 400, status };
  }));
};
afterEach(() => vi.unstubAllGlobals());

describe('who is reading', () => {
  it('is asked with the session, on the same site only', async () => {
    answering([200, { csrf: 't', may: { comment: true }, user: 'Marta' }]);
    expect(await readMe(API, PAGE)).toEqual({ csrf: 't', mayComment: true, user: 'Marta' });
    expect(fetch.mock.calls[0]).toMatchObject([`${API}me/`, { credentials: 'same-origin', method: 'GET' }]);
    expect(await readMe(API, 'https://elsewhere.example/')).toMatchObject({ mayComment: false });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('may be nobody', async () => {
    answering([200, { may: { comment: false }, user: null }]);
    expect(await readMe(API, PAGE)).toEqual({ csrf: '', mayComment: false, user: '' });
  });
});

describe('what is sent', () => {
  it('is about the canvas that is shown', () => {
    expect(requestOf(said, 'c1', 'de')).toEqual({
      canvas: 'c1', language: 'de', motivation: 'commenting', rights: '', text: 'A dog',
    });
    expect(requestOf({ ...said, language: ' en ', rights: LICENCES[0][0] }, 'c1', 'de')).toMatchObject({ language: 'en', rights: LICENCES[0][0] });
  });

  it('or about a part, where that was drawn', () => {
    expect(requestOf({ ...said, part: true, region }, 'c1', 'de')).toMatchObject({ canvas: 'c2', xywh: '10,20,31,40' });
    expect(requestOf({ ...said, part: false, region }, 'c1', 'de')).not.toHaveProperty('xywh');
  });

  it.each([[{ ...said, text: ' ' }, false], [said, true], [{ ...said, part: true }, false], [{ ...said, part: true, region }, true]])(
    'is complete or not: %j',
    (comment, complete) => expect(isSaid(comment)).toBe(complete),
  );
});

describe('what was saved', () => {
  const annotation = { id: 'a1', partOf: [{ id: 'https://library.example/iiif/annotations/k' }] };

  it('is shown with all others of its page, in the version that Mirador has', async () => {
    answering([200, { items: [annotation] }], [200, { resources: [] }]);
    expect(await pageOf(annotation, [])).toEqual({ id: annotation.partOf[0].id, json: { items: [annotation] } });
    expect((await pageOf(annotation, [`${annotation.partOf[0].id}/2`])).id).toBe(`${annotation.partOf[0].id}/2`);
  });

  it('is shown alone where the page cannot be had', async () => {
    answering([503, {}]);
    expect(await pageOf(annotation, [])).toEqual({ id: 'a1', json: { id: 'a1', items: [annotation], type: 'AnnotationPage' } });
  });

  const saved = async () => {
    const sent = [];
    await saveComment('w', API, { csrf: 't' }, said, 'c1', 'en')((action) => sent.push(action), () => ({}));
    return sent;
  };

  it('is told, and goes to Mirador', async () => {
    answering([201, annotation], [200, { items: [annotation] }]);
    const actions = await saved();
    expect(actions.map(({ type }) => type)).toEqual([Type.COMMENTING, 'mirador/RECEIVE_ANNOTATION', Type.COMMENTED]);
    expect(actions[1]).toMatchObject({ annotationId: annotation.partOf[0].id, targetId: 'c1' });
    expect(fetch.mock.calls[0][1].headers).toMatchObject({ 'Content-Type': 'application/json', 'X-CSRFToken': 't' });
    expect(JSON.parse(fetch.mock.calls[0][1].body)).toMatchObject({ canvas: 'c1', text: 'A dog' });
  });

  it('or is not, with the reason', async () => {
    answering([400, { language: 'This is no language tag.' }]);
    const [, last] = await saved();
    expect(last).toMatchObject({ error: { message: 'language: This is no language tag.', reason: 'refused' }, type: Type.COMMENTED });
    expect(new SearchError('busy').reason).toBe('busy');
  });
});

describe('what is written in a window', () => {
  const after = (...actions) => actions.reduce(reducer, INITIAL).windows.w.comment;
  const written = { change: { language: 'de', text: 'A dog' }, type: Type.COMMENT, windowId: 'w' };

  it('stays where it could not be saved', () => {
    expect(after(written, { type: Type.COMMENTING, windowId: 'w' })).toMatchObject({ saving: true, text: 'A dog' });
    const failed = after(written, { error: { reason: 'busy' }, type: Type.COMMENTED, windowId: 'w' });
    expect(failed).toMatchObject({ error: { reason: 'busy' }, saving: false, text: 'A dog' });
  });

  it('begins anew once it is saved, in the same language', () => {
    expect(after(written, { error: null, type: Type.COMMENTED, windowId: 'w' })).toMatchObject({ language: 'de', saved: true, text: '' });
  });

  it('keeps its text and loses its part with another canvas', () => {
    const drawn = { change: { part: true, region }, type: Type.COMMENT, windowId: 'w' };
    expect(after(written, drawn, { canvasId: 'd', type: 'mirador/SET_CANVAS', windowId: 'w' })).toMatchObject({ region: null, text: 'A dog' });
  });

  it('is nothing at first', () => expect(UNTOUCHED.comment).toMatchObject({ saved: false, text: '' }));
});
