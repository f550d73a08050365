/** Where the library is that a window's paintings are searched in. */

const OURS = /^(https?:\/\/.+)\/iiif\/search\/[12]\/manifest\/[^/]+$/;

/**
 * The address of the REST interface: as Mirador is configured (`paintingSearch.api`), else of the
 * library that the manifest comes from, if it is one.
 * @returns {string} with / at its end; '' where there is none
 */
export function apiOf(config, manifest) {
  const told = config?.paintingSearch?.api;
  if (typeof told === 'string' && told) return told.endsWith('/') ? told : `${told}/`;
  const services = [manifest?.service ?? []].flat();
  const ours = services.map((one) => OURS.exec(one?.id ?? one?.['@id'] ?? '')).find(Boolean);
  return ours ? `${ours[1]}/api/` : '';
}

/** The first text of a language map, in the reader's language if there is one. */
export function labelIn(map, language) {
  if (typeof map === 'string') return map;
  const entries = Object.entries(map ?? {});
  const short = (tag) => tag.split('-')[0];
  const fitting = entries.find(([tag]) => tag === language)
    ?? entries.find(([tag]) => short(tag) === short(language ?? ''))
    ?? entries.find(([tag]) => tag === 'none' || short(tag) === 'en')
    ?? entries[0];
  return [fitting?.[1] ?? ''].flat()[0] ?? '';
}

/**
 * A link to a hit, at its place, that the library opens and that can be dragged onto other viewers:
 * it holds a content state (Content State API 1.0, section 3.3).
 * @returns {string} '' where the interface is not where a library of ours has it
 */
export function linkTo(hit, api) {
  if (!hit.contentState || !api.endsWith('/api/')) return '';
  return `${api.slice(0, -'api/'.length)}?iiif-content=${encodeURIComponent(hit.contentState)}`;
}

/** Where a curator adds a painting that was found to a collection; '' for everybody else. */
export function collectLink(collect, hit) {
  return collect ? `${collect}?${new URLSearchParams({ canvas: hit.key, take: 'ticked' })}` : '';
}
