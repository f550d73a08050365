/** Talks to a library's REST interface. What comes back is checked: a panel must not fall over. */

/** @typedef {'unreachable'|'refused'|'busy'|'unreadable'} Reason */

/** Why a search has no answer: `reason` for the reader's own language, `message` as it was told. */
export class SearchError extends Error {
  /** @param {Reason} reason */
  constructor(reason, message = '', status = 0) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

/**
 * Ask for JSON.
 * @param {string} api address of the interface, with / at its end
 * @param {{path: string, params?: URLSearchParams, body?: FormData}} asked; `session`: {csrf} sends
 * the reader's session, and `json` instead of `body`
 * @throws {SearchError}
 */
export async function fetchJson(api, {
  path, params, body, json: sent, session,
}, signal) {
  const query = params && String(params) ? `?${params}` : '';
  let response;
  try {
    response = await fetch(`${api}${path}${query}`, {
      body: sent ? JSON.stringify(sent) : body,
      credentials: session ? 'same-origin' : 'omit',
      headers: {
        Accept: 'application/json',
        ...(sent ? { 'Content-Type': 'application/json' } : {}),
        ...(session?.csrf ? { 'X-CSRFToken': session.csrf } : {}),
      },
      method: sent || body ? 'POST' : 'GET',
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new SearchError('unreachable', String(error.message ?? ''));
  }
  const json = await response.json().catch(() => undefined);
  if (response.ok && json !== null && typeof json === 'object') return json;
  if (response.ok) throw new SearchError('unreadable', '', response.status);
  const reason = response.status === 429 ? 'busy' : 'refused';
  throw new SearchError(reason, detail(json), response.status);
}

/** What an error answer says: {"detail": "…"}, or {"field": ["…"]}. */
function detail(json) {
  if (!json || typeof json !== 'object') return '';
  if (typeof json.detail === 'string') return json.detail;
  return Object.entries(json)
    .map(([field, said]) => `${field}: ${[said].flat().join(' ')}`)
    .join(' ');
}

/**
 * An answer to a search, as the panel shows it; hits without a canvas and a manifest are left out.
 * @throws {SearchError} where it is none
 */
export function readAnswer(json) {
  if (!Array.isArray(json.hits)) throw new SearchError('unreadable');
  const hits = json.hits.map(readHit).filter(Boolean);
  return { hits, total: number(json.total, hits.length), notices: strings(json.notices) };
}

function readHit(hit) {
  if (!hit || !string(hit.canvas) || !string(hit.manifest)) return null;
  return {
    key: string(hit.key) || hit.canvas,
    canvasId: hit.canvas,
    manifestId: hit.manifest,
    page: address(hit.page),
    title: string(hit.title),
    maker: string(hit.maker),
    date: string(hit.date),
    thumbnail: address(hit.thumbnail),
    rights: address(hit.rights),
    attribution: attribution(hit.required_statement),
    width: number(hit.width, 1),
    height: number(hit.height, 1),
    score: Math.min(1, Math.max(0, number(hit.score, 0))),
    shares: numbers(hit.shares),
    why: strings(hit.why),
    excerpt: string(hit.excerpt?.text),
    contentState: string(hit.content_state),
    place: place(hit.place),
    verified: hit.verification?.same === true,
    mirrored: hit.verification?.same === true && hit.verification.mirrored === true,
  };
}

/** `uri#xywh=x,y,w,h` -> {x, y, w, h} in canvas units; null where there is none. */
export function place(uri) {
  const match = /#xywh=(\d+(?:\.\d+)?),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(string(uri));
  if (!match) return null;
  const [x, y, w, h] = match.slice(1).map(Number);
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}

/** What a library says of itself; gaps are filled, so that words can be searched in any case. */
export function readLibrary(json) {
  const filters = json.filters ?? {};
  return {
    name: string(json.name),
    features: list(json.features).filter((one) => string(one.name))
      .map(({ name, weight }) => ({ name, weight: number(weight, 0) })),
    presets: list(json.presets).filter((one) => string(one.name))
      .map(({ name, features, verify, detail: part }) => ({
        name, features: numbers(features), verify: verify === true, detail: part === true,
      })),
    types: strings(filters.types),
    rights: strings(filters.rights),
    years: Array.isArray(filters.years) ? filters.years : null,
    collections: list(json.collections).filter((one) => string(one.id))
      .map(({ id, label }) => ({ id, label: label ?? {} })),
    manifest: json.manifest && string(json.manifest.id)
      ? { id: json.manifest.id, service: list(json.manifest.service) } : null,
  };
}

const string = (value) => (typeof value === 'string' ? value : '');
const address = (value) => (/^https?:\/\//.test(string(value)) ? value : '');
const number = (value, otherwise) => (Number.isFinite(value) ? value : otherwise);
const list = (value) => (Array.isArray(value) ? value : []).filter((one) => one && typeof one === 'object');
const strings = (value) => (Array.isArray(value) ? value : []).filter((one) => typeof one === 'string');
const numbers = (value) => Object.fromEntries(
  Object.entries(value && typeof value === 'object' ? value : {}).filter(([, one]) => Number.isFinite(one)),
);

/** A required statement as one line of text. */
function attribution(statement) {
  const value = statement?.value;
  const first = value && typeof value === 'object' ? Object.values(value)[0] : value;
  return [first].flat().filter((one) => typeof one === 'string').join(' ').replace(/<[^>]*>/g, ' ').trim();
}
