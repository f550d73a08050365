import { describe, expect, it } from 'vitest';
import { apiOf, collectLink, labelIn, linkTo } from '../src/lib/library';
import manifest from '../../fixtures/golden/manifest3.json';

describe('a library', () => {
  it('is where Mirador is told, else where the manifest comes from', () => {
    expect(apiOf({ paintingSearch: { api: 'https://library.example/api' } }, manifest)).toBe('https://library.example/api/');
    expect(apiOf({}, manifest)).toBe('https://paintings.example.org/api/');
    expect(apiOf({}, { service: [{ '@id': 'https://other.example/search' }] })).toBe('');
    expect(apiOf(undefined, undefined)).toBe('');
  });

  it('links to a hit where it is one of ours', () => {
    expect(linkTo({ contentState: 'abc_-' }, 'https://library.example/p/api/')).toBe('https://library.example/p/?iiif-content=abc_-');
    expect(linkTo({ contentState: 'abc' }, 'https://library.example/rest/')).toBe('');
    expect(linkTo({ contentState: '' }, 'https://library.example/api/')).toBe('');
  });
});

describe('a collection', () => {
  it('is where a curator adds a hit to, and nobody else does', () => {
    expect(collectLink('/admin/fill/', { key: 'a&b' })).toBe('/admin/fill/?canvas=a%26b&take=ticked');
    expect(collectLink('', { key: 'a' })).toBe('');
  });
});

describe('a label', () => {
  it.each([
    ['de', 'Hafen'], ['de-CH', 'Hafen'], ['fr', 'Harbour'], [undefined, 'Harbour'],
  ])('is in the language %s if there is one', (language, text) => {
    expect(labelIn({ de: ['Hafen'], en: ['Harbour'] }, language)).toBe(text);
  });

  it('is whatever there is', () => {
    expect(labelIn({ ja: ['港'] }, 'de')).toBe('港');
    expect(labelIn({}, 'de')).toBe('');
    expect(labelIn('Harbour', 'de')).toBe('Harbour');
  });
});
