import { describe, expect, it } from 'vitest';
import {
  EMPTY, OWN, isComplete, presetsFor, request,
} from '../src/lib/ask';
import { readLibrary } from '../src/lib/client';
import library from '../../fixtures/golden/rest/library.json';

const LIBRARY = readLibrary(library);
const CANVAS = 'https://museum.example/m/canvas/1';
const REGION = { canvasId: CANVAS, h: 40.6, w: 30.4, x: 10, y: 20 };
const params = (ask, offset) => Object.fromEntries(request({ ...EMPTY, ...ask }, LIBRARY, offset).params);

describe('a question', () => {
  it('in words goes to the search by words', () => {
    const asked = request({ ...EMPTY, words: ' a boat & a moon ' }, LIBRARY);
    expect(asked.path).toBe('search/');
    expect(asked.params.get('q')).toBe('a boat & a moon');
    expect(String(asked.params)).toContain('q=a+boat+%26+a+moon');
  });

  it('of a region names the canvas and whole units', () => {
    expect(params({ kind: 'region', preset: 'overall', region: REGION }).canvas).toBe(`${CANVAS}#xywh=10,20,30,41`);
  });

  it('of the same detail, of the same work, of a palette', () => {
    const region = { kind: 'region', region: REGION };
    expect(params({ ...region, preset: 'same-detail' })).toMatchObject({ detail: 'true' });
    expect(params({ ...region, preset: 'same-detail' }).features).toBeUndefined();
    expect(params({ canvasId: CANVAS, kind: 'canvas', preset: 'same-work' })).toMatchObject({ verify: 'true' });
    expect(params({ canvasId: CANVAS, kind: 'canvas', preset: 'palette' }).features).toMatch(/^colour:1,/);
  });

  it('of a whole canvas is never one of a detail', () => {
    expect(presetsFor('canvas', LIBRARY.presets).map(({ name }) => name)).not.toContain('same-detail');
    expect(params({ canvasId: CANVAS, kind: 'canvas', preset: 'same-detail' }).detail).toBeUndefined();
  });

  it('with weights of one\'s own leaves out what counts nothing', () => {
    const ask = { canvasId: CANVAS, kind: 'canvas', preset: OWN, weights: { colour: 0.5, hog: 0, palette: 1 } };
    expect(params(ask).features).toBe('colour:0.5,palette:1');
  });

  it('within limits says those that are set', () => {
    const filters = { ...EMPTY.filters, from: '1850', maker: ' Ada ', to: '' };
    const asked = params({ filters, scope: 'https://library.example/iiif/collection/sea', words: 'sea' }, 24);
    expect(asked).toMatchObject({ collection: 'https://library.example/iiif/collection/sea', from: '1850', maker: 'Ada', offset: '24' });
    expect(asked).not.toHaveProperty('to');
    expect(params({ manifestId: 'https://m', scope: 'object', words: 'sea' })).toMatchObject({ manifest: 'https://m' });
  });

  it('is complete when there is something to look for', () => {
    expect(isComplete({ ...EMPTY, words: '  ' })).toBe(false);
    expect(isComplete({ ...EMPTY, canvasId: CANVAS, kind: 'canvas' })).toBe(true);
    expect(isComplete({ ...EMPTY, canvasId: CANVAS, kind: 'region' })).toBe(false);
    expect(isComplete({ ...EMPTY, kind: 'region', region: REGION })).toBe(true);
  });
});
