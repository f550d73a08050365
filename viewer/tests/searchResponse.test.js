import { describe, expect, it } from 'vitest';
import { asVersion1, postprocess, usable, withService } from '../src/lib/searchResponse';
import manifest from '../../fixtures/golden/manifest3.json';
import empty from '../../fixtures/golden/search2-empty.json';
import first from '../../fixtures/golden/search2-first-page.json';
import last from '../../fixtures/golden/search2-last-page.json';
import list from '../../fixtures/golden/search1-first-page.json';

describe('an answer of Content Search 2', () => {
  it('says the same as that of Content Search 1', () => {
    const made = asVersion1(first);
    expect(made.resources.map((one) => one.on)).toEqual(list.resources.map((one) => one.on));
    expect(made.resources.map((one) => one.resource.chars)).toEqual(list.resources.map((one) => one.resource.chars));
    expect(made.within.total).toBe(list.within.total);
    const quoted = ({ before, match, after }) => [before, match, after];
    expect(quoted(made.hits[0])).toEqual(quoted(list.hits[0]));
  });

  it('has hits that refer to annotations of the page', () => {
    const { hits, resources } = asVersion1(first);
    const ids = resources.map((one) => one['@id']);
    expect(hits.every(({ annotations: [id], match }) => ids.includes(id) && typeof match === 'string')).toBe(true);
  });

  it('is paged by addresses', () => {
    expect(asVersion1(first).next).toBe(first.next.id);
    expect(asVersion1(last).next).toBeUndefined();
  });

  it('may be empty', () => expect(asVersion1(empty)).toMatchObject({ hits: [], resources: [] }));

  it('is left alone if it is of version 1, or nothing of the kind', () => {
    [list, null, 'x', { type: 'AnnotationPage' }].forEach((json) => expect(asVersion1(json)).toBe(json));
    const action = { manifestJson: {}, type: 'mirador/RECEIVE_MANIFEST' };
    expect(postprocess('u', action)).toBe(action);
    expect(postprocess('u', { searchJson: empty, type: 't' }).searchJson['@type']).toBe('sc:AnnotationList');
  });
});

describe('a service', () => {
  const [second, firstVersion] = manifest.service;

  it('of version 2 goes in the clothes of version 1', () => {
    expect(usable([second])).toMatchObject({ '@id': second.id, profile: 'http://iiif.io/api/search/1/search', service: [] });
    expect(usable([second, firstVersion]).service[0].profile).toBe('http://iiif.io/api/search/1/autocomplete');
  });

  it('of version 1 is taken as it is; others are not', () => {
    expect(usable([firstVersion])).toBe(firstVersion);
    expect(usable([])).toBeNull();
    expect(usable({ profile: 'http://iiif.io/api/auth/1/login' })).toBeNull();
  });

  it('is added to a copy', () => {
    const before = { id: 'm', service: { id: 'other' } };
    expect(withService(before, firstVersion).service).toEqual([{ id: 'other' }, firstVersion]);
    expect(before.service).toEqual({ id: 'other' });
  });
});
