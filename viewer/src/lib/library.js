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
