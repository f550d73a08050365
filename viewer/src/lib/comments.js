/** Comments that a signed-in reader writes: who may, what is sent, and where it is then shown. */

import { fetchJson } from './client';

/**
 * @typedef {object} Comment what a reader is about to say
 * @property {string} text
 * @property {string|null} language a BCP 47 tag; null: the language that the viewer speaks
 * @property {string} motivation
 * @property {string} rights the address of a licence, or ''
 * @property {boolean} part whether it is about a part of the picture, which is `region`
 * @property {import('./ask').Region|null} region
 */

/** What can be chosen, of the Web Annotation Vocabulary: what a reader of a painting does. */
export const MOTIVATIONS = ['commenting', 'describing', 'tagging', 'identifying', 'classifying', 'questioning'];

/** Licences that can be chosen, with their own short names. */
export const LICENCES = [
  ['https://creativecommons.org/publicdomain/zero/1.0/', 'CC0 1.0'],
  ['https://creativecommons.org/licenses/by/4.0/', 'CC BY 4.0'],
  ['https://creativecommons.org/licenses/by-sa/4.0/', 'CC BY-SA 4.0'],
];

/** @type {Comment} */
export const UNSAID = Object.freeze({
  language: null, motivation: 'commenting', part: false, region: null, rights: '', text: '',
});

const NOBODY = Object.freeze({ csrf: '', mayComment: false, user: '' });

/**
 * Who is reading, where the library is on the same site as the page: elsewhere nobody is signed in,
 * and no cookie is sent.
 */
export async function readMe(api, page = window.location.href) {
  if (new URL(api, page).origin !== new URL(page).origin) return NOBODY;
  const json = await fetchJson(api, { path: 'me/', session: {} });
  return { csrf: String(json.csrf ?? ''), mayComment: json.may?.comment === true, user: String(json.user ?? '') };
}

/** Whether `comment` says enough to be sent. */
export function isSaid(comment) {
  return comment.text.trim() !== '' && (!comment.part || Boolean(comment.region));
}

/**
 * The request that stores `comment`.
 * @param {string} canvasId the canvas that is shown; a part may be on the page beside it
 */
export function requestOf(comment, canvasId, language) {
  const region = comment.part ? comment.region : null;
  const said = {
    canvas: region?.canvasId ?? canvasId,
    language: (comment.language ?? language).trim(),
    motivation: comment.motivation,
    rights: comment.rights,
    text: comment.text,
  };
  if (region) said.xywh = [region.x, region.y, region.w, region.h].map(Math.round).join(',');
  return said;
}

/**
 * The page of annotations that a stored comment is on, as Mirador keeps it for the canvas: its id
 * and its JSON. Where it cannot be had, a page of the comment alone.
 * @param {string[]} known ids of the pages that Mirador has of the canvas
 */
export async function pageOf(annotation, known) {
  const named = [annotation.partOf ?? []].flat()[0]?.id;
  if (named) {
    // A manifest of Presentation 2 has the same page in that version.
    const id = known.find((one) => one === named || one === `${named}/2`) ?? named;
    try {
      return { id, json: await fetchJson(id, { path: '' }) };
    } catch {
      // The comment is stored all the same, and is shown.
    }
  }
  return { id: annotation.id, json: { id: annotation.id, items: [annotation], type: 'AnnotationPage' } };
}
