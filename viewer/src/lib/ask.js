/**
 * What a reader asks, as a value, and as an address of the library's REST interface.
 *
 * @typedef {{canvasId: string, x: number, y: number, w: number, h: number}} Region in canvas units
 * @typedef {object} Ask
 * @property {'words'|'canvas'|'region'} kind
 * @property {string} words
 * @property {string} canvasId the canvas that is meant, by its own URI
 * @property {string} label what that canvas is called
 * @property {Region|null} region
 * @property {string} preset a preset of the library, or 'own' for `weights`
 * @property {Record<string, number>} weights 0..1 by feature
 * @property {string} scope 'library', 'object', or the id of a collection
 * @property {string} manifestId what 'object' means
 * @property {{maker: string, type: string, rights: string, from: string, to: string}} filters
 */

/** Hits that are fetched at a time. */
export const PAGE = 24;

export const OWN = 'own';

/** @type {Ask} */
export const EMPTY = Object.freeze({
  kind: 'words',
  words: '',
  canvasId: '',
  label: '',
  region: null,
  preset: 'overall',
  weights: {},
  scope: 'library',
  manifestId: '',
  filters: Object.freeze({ maker: '', type: '', rights: '', from: '', to: '' }),
});

/** Whether `ask` says enough to be asked. */
export function isComplete(ask) {
  if (ask.kind === 'words') return ask.words.trim() !== '';
  if (ask.kind === 'region') return Boolean(ask.region);
  return ask.canvasId !== '';
}

/** The presets that make sense for `ask`: a detail is one of a region. */
export function presetsFor(kind, presets) {
  return presets.filter((preset) => kind === 'region' || !preset.detail);
}

/** A canvas, or a region of it, as the interface takes it: `uri#xywh=x,y,w,h`. */
export function target(ask) {
  if (ask.kind !== 'region') return ask.canvasId;
  const { canvasId, x, y, w, h } = ask.region;
  return `${canvasId}#xywh=${[x, y, w, h].map(Math.round).join(',')}`;
}

/**
 * The parameters of a search.
 * @param {Ask} ask
 * @param {{presets: object[]}} library
 * @param {number} offset hits to leave out at the beginning
 * @returns {{path: string, params: URLSearchParams}} below the address of the interface
 */
export function request(ask, library, offset = 0) {
  const params = new URLSearchParams();
  if (ask.kind === 'words') {
    params.set('q', ask.words.trim());
  } else {
    params.set('canvas', target(ask));
    addManner(params, ask, library);
  }
  if (ask.scope === 'object') params.set('manifest', ask.manifestId);
  else if (ask.scope !== 'library') params.set('collection', ask.scope);
  Object.entries(ask.filters).forEach(([name, value]) => {
    if (String(value).trim() !== '') params.set(name, String(value).trim());
  });
  params.set('limit', PAGE);
  if (offset) params.set('offset', offset);
  return { path: ask.kind === 'words' ? 'search/' : 'similar/', params };
}

function addManner(params, ask, library) {
  const preset = presetsFor(ask.kind, library.presets).find(({ name }) => name === ask.preset);
  const weights = ask.preset === OWN ? ask.weights : (preset?.features ?? {});
  const counted = Object.entries(weights).filter(([, weight]) => weight > 0);
  if (preset?.detail) params.set('detail', 'true');
  if (preset?.verify) params.set('verify', 'true');
  if (counted.length) {
    params.set('features', counted.map(([name, weight]) => `${name}:${weight}`).join(','));
  }
}
