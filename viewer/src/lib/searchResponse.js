/**
 * Content Search 2 for a viewer that speaks version 1: an AnnotationPage (2.0 section 4.2) becomes
 * what Mirador's search panel reads.
 */

const PROFILE = 'http://iiif.io/api/search/1/search';
const AUTOCOMPLETE = 'http://iiif.io/api/search/1/autocomplete';

/**
 * The answer of a search service as `resources` and `hits`; anything else as it is.
 * @param {object} json
 */
export function asVersion1(json) {
  if (json?.type !== 'AnnotationPage' || !Array.isArray(json.items)) return json;
  const matches = matchesOf(json);
  const resources = json.items.map(resource).filter(Boolean);
  return {
    '@context': ['http://iiif.io/api/presentation/2/context.json', 'http://iiif.io/api/search/1/context.json'],
    '@id': json.id,
    '@type': 'sc:AnnotationList',
    hits: resources.map((one) => hit(one, matches.get(one['@id']))),
    next: typeof json.next === 'string' ? json.next : json.next?.id,
    resources,
    startIndex: json.startIndex ?? 0,
    within: { '@type': 'sc:Layer', total: [json.partOf].flat()[0]?.total ?? resources.length },
  };
}

/** Mirador's hook for answers (`requests.postprocessors`): changes the action that it stores. */
export function postprocess(_url, action) {
  if (action?.searchJson) return { ...action, searchJson: asVersion1(action.searchJson) };
  return action;
}

/**
 * The search service that Mirador 4 can use, of those that a manifest or a library declares: one
 * of version 1, else version 2 in its clothes, which `postprocess` undresses.
 * @param {object[]} services
 * @returns {object|null}
 */
export function usable(services) {
  const all = [services].flat().filter((one) => one && typeof one === 'object');
  const first = all.find((one) => one.profile === PROFILE);
  const second = all.find((one) => one.type === 'SearchService2');
  if (!second) return first ?? null;
  return {
    '@context': 'http://iiif.io/api/search/1/context.json',
    '@id': second.id,
    profile: PROFILE,
    // Terms are read by Mirador itself, which knows those of version 1 only.
    service: [first?.service ?? []].flat().filter((one) => one.profile === AUTOCOMPLETE),
  };
}

/** A copy of a manifest that declares `service` as well. */
export function withService(manifest, service) {
  return { ...manifest, service: [...[manifest.service ?? []].flat(), service] };
}

function resource(annotation) {
  const on = targetOf(annotation.target);
  const bodies = [annotation.body ?? []].flat();
  const text = bodies.find((body) => typeof body?.value === 'string');
  if (!on || typeof annotation.id !== 'string') return null;
  return {
    '@id': annotation.id,
    '@type': 'oa:Annotation',
    motivation: annotation.motivation,
    on,
    resource: {
      '@type': 'cnt:ContentAsText', chars: text?.value ?? '', format: text?.format ?? 'text/plain',
    },
  };
}

/** `canvas#xywh=x,y,w,h`: Mirador reads whole numbers only. */
function targetOf(target) {
  const one = [target].flat()[0];
  if (typeof one === 'string') return one;
  const source = typeof one?.source === 'string' ? one.source : one?.source?.id ?? one?.id;
  const selector = [one?.selector ?? []].flat().find(({ type }) => type === 'FragmentSelector');
  if (typeof source !== 'string') return '';
  return selector?.value ? `${source}#${selector.value}` : source;
}

/** TextQuoteSelectors of the matches, by the annotation that they are in. */
function matchesOf(json) {
  const found = new Map();
  [json.annotations ?? []].flat().flatMap((page) => page?.items ?? []).forEach((annotation) => {
    [annotation?.target ?? []].flat().forEach((target) => {
      const quote = [target?.selector ?? []].flat().find(({ type }) => type === 'TextQuoteSelector');
      const source = typeof target?.source === 'string' ? target.source : target?.source?.id;
      if (quote && source && !found.has(source)) found.set(source, quote);
    });
  });
  return found;
}

function hit(one, quote) {
  const { exact, prefix = '', suffix = '' } = quote ?? { exact: one.resource.chars };
  return {
    '@type': 'search:Hit', after: suffix, annotations: [one['@id']], before: prefix, match: exact ?? '',
  };
}
