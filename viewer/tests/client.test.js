import {
  afterEach, describe, expect, it, vi,
} from 'vitest';
import {
  fetchJson, place, readAnswer, readLibrary,
} from '../src/lib/client';
import details from '../../fixtures/golden/rest/detail.json';
import words from '../../fixtures/golden/rest/words.json';

const answered = (body, { status = 200 } = {}) => {
  const response = { json: async () => JSON.parse(body), ok: status < 400, status };
  vi.stubGlobal('fetch', vi.fn(async () => response));
};
afterEach(() => vi.unstubAllGlobals());

const failure = async () => fetchJson('https://library.example/api/', { path: 'search/' }).catch((error) => error);

describe('an answer', () => {
  it('in words is read whole', () => {
    const { hits, notices, total } = readAnswer(words);
    expect(hits).toHaveLength(words.hits.length);
    expect(total).toBe(words.total);
    expect(notices).toEqual(words.notices);
    expect(hits[0]).toMatchObject({
      canvasId: words.hits[0].canvas, maker: words.hits[0].maker, manifestId: words.hits[0].manifest, place: null, verified: false,
    });
  });

  it('of details has places in canvas units, and what was verified', () => {
    const [hit] = readAnswer(details).hits;
    expect(hit.place).toEqual(place(details.hits[0].place));
    expect(hit.verified).toBe(true);
    expect(hit.attribution).not.toContain('<');
  });

  it('with holes loses nothing but what cannot be opened', () => {
    const odd = [null, 7, {}, { canvas: 'c' }, { canvas: 'c', manifest: 'm', score: 'high', shares: null, thumbnail: 'javascript:alert(1)', why: 'no list' }];
    const { hits, total } = readAnswer({ hits: odd });
    expect(total).toBe(1);
    expect(hits[0]).toMatchObject({ score: 0, shares: {}, thumbnail: '', title: '', why: [] });
  });

  it('that is none is told', () => {
    expect(() => readAnswer({ total: 3 })).toThrow();
    expect(readLibrary({})).toMatchObject({ collections: [], features: [], manifest: null, presets: [], types: [] });
  });

  it.each([
    ['uri#xywh=1,2,3,4', { h: 4, w: 3, x: 1, y: 2 }], ['uri', null], ['uri#xywh=1,2,0,4', null], ['uri#xywh=percent:1,2,3,4', null], [undefined, null],
  ])('names a place: %s', (uri, expected) => expect(place(uri)).toEqual(expected));
});

describe('a failure', () => {
  it('of the network', async () => {
    vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('Failed to fetch'); }));
    expect(await failure()).toMatchObject({ reason: 'unreachable' });
  });

  it('that the library explains', async () => {
    answered('{"detail": "No canvas x is published here."}', { status: 404 });
    expect(await failure()).toMatchObject({ message: 'No canvas x is published here.', reason: 'refused', status: 404 });
    answered('{"limit": ["A number.", "Please."]}', { status: 400 });
    expect(await failure()).toMatchObject({ message: 'limit: A number. Please.' });
    answered('{"detail": "Request was throttled."}', { status: 429 });
    expect(await failure()).toMatchObject({ reason: 'busy' });
  });

  it('that is a web page', async () => {
    answered('<html>', { status: 502 });
    expect(await failure()).toMatchObject({ message: '', reason: 'refused', status: 502 });
    answered('<html>');
    expect(await failure()).toMatchObject({ reason: 'unreadable' });
    answered('null');
    expect(await failure()).toMatchObject({ reason: 'unreadable' });
  });

  it('sends no cookies', async () => {
    answered('{}');
    await failure();
    expect(fetch.mock.calls[0][1]).toMatchObject({ credentials: 'omit', method: 'GET' });
  });
});
