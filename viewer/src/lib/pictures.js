/** The picture of a canvas that the library does not know, by its Image API. */

import { target } from './ask';

/** Pixels of the long side: more is not looked at. */
const LONG_SIDE = 1024;

/**
 * What to send instead of the canvas: the address of its picture, and the region in percent.
 * @returns {{url: string, region?: string}|null} null where the canvas is not shown
 */
export function pictureOf(world, ask) {
  const id = target(ask).split('#')[0];
  const canvas = world?.canvases.find((one) => one.id === id);
  const resource = canvas?.imageResources?.[0];
  if (!resource) return null;
  const [width, height] = [canvas.getWidth(), canvas.getHeight()];
  const service = serviceOf(resource);
  // The picture's own pixels, which a canvas need not count in: none is made larger than it is.
  const pixels = [resource.getWidth?.() || width, resource.getHeight?.() || height];
  const url = service ? `${service.replace(/\/$/, '')}/full/${size(...pixels)}/0/default.jpg` : resource.id;
  if (ask.kind !== 'region') return { url };
  const { x, y, w, h } = ask.region;
  const shares = [x / width, y / height, w / width, h / height];
  return { region: `pct:${shares.map((share) => (100 * share).toFixed(4)).join(',')}`, url };
}

/** `w,` or `,h`: what level 1 of all versions of the Image API can do, and never larger. */
function size(width, height) {
  if (width >= height) return `${Math.min(LONG_SIDE, width)},`;
  return `,${Math.min(LONG_SIDE, height)}`;
}

function serviceOf(resource) {
  const services = resource.getServices?.() ?? [];
  return services.map((one) => one.id).find((id) => /^https?:\/\//.test(id ?? '')) ?? '';
}
