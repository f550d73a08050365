/**
 * Between what is seen and what is meant: pixels of the viewer's element, and canvas units.
 *
 * Mirador lays canvases side by side in a world of its own, scaled to one height in book view;
 * OpenSeadragon shows the world zoomed and rotated, and mirrors all of it at the last. Its
 * `pixelFromPoint` knows of zoom and rotation, but not of the mirror.
 *
 * @typedef {{x: number, y: number}} Point
 */

/** The part of a canvas below which nothing can be seen, in pixels of the screen. */
export const LEAST = 8;

/**
 * The canvas at a pixel of the viewer, and where on it.
 * @returns {{canvasId: string, x: number, y: number}|null} null beside all canvases
 */
export function canvasPoint(viewer, world, pixel) {
  const point = worldPoint(viewer, pixel);
  const dimensions = world.canvasDimensions.find(({ x, y, width, height }) => (
    x <= point.x && point.x <= x + width && y <= point.y && point.y <= y + height
  ));
  return dimensions ? { canvasId: dimensions.canvas.id, ...onCanvas(dimensions, point) } : null;
}

/** Where on a certain canvas a pixel is, even outside it; null where the canvas is not shown. */
export function pointOn(viewer, world, canvasId, pixel) {
  const dimensions = dimensionsOf(world, canvasId);
  return dimensions && onCanvas(dimensions, worldPoint(viewer, pixel));
}

/** The corners of a region on the screen, clockwise from its top left; null where not shown. */
export function corners(viewer, world, region) {
  const dimensions = dimensionsOf(world, region.canvasId);
  if (!dimensions) return null;
  const { x, y, w, h } = region;
  return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]].map(([cx, cy]) => (
    pixelOf(viewer, inWorld(dimensions, { x: cx, y: cy }))
  ));
}

/** A region as a rectangle of the world: what the viewer is to show. */
export function worldRect(world, region) {
  const dimensions = dimensionsOf(world, region.canvasId);
  if (!dimensions) return null;
  const from = inWorld(dimensions, region);
  const to = inWorld(dimensions, { x: region.x + region.w, y: region.y + region.h });
  return { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y };
}

/** The rectangle between two points of a canvas, in whole units within it; null if it is empty. */
export function between(canvas, a, b) {
  const left = clamp(Math.floor(Math.min(a.x, b.x)), 0, canvas.width);
  const top = clamp(Math.floor(Math.min(a.y, b.y)), 0, canvas.height);
  const w = clamp(Math.ceil(Math.max(a.x, b.x)), 0, canvas.width) - left;
  const h = clamp(Math.ceil(Math.max(a.y, b.y)), 0, canvas.height) - top;
  return w > 0 && h > 0 ? { canvasId: canvas.id, x: left, y: top, w, h } : null;
}

/** A region moved by canvas units; it stays within the canvas. */
export function moved(canvas, region, dx, dy) {
  return {
    ...region,
    x: clamp(Math.round(region.x + dx), 0, canvas.width - region.w),
    y: clamp(Math.round(region.y + dy), 0, canvas.height - region.h),
  };
}

/** A region made larger or smaller at its right and its bottom. */
export function resized(canvas, region, dw, dh) {
  return {
    ...region,
    w: clamp(Math.round(region.w + dw), 1, canvas.width - region.x),
    h: clamp(Math.round(region.h + dh), 1, canvas.height - region.y),
  };
}

/** The middle of a canvas, two fifths of its sides: where drawing by keyboard begins. */
export function middle(canvas) {
  const w = Math.max(1, Math.round(canvas.width * 0.4));
  const h = Math.max(1, Math.round(canvas.height * 0.4));
  return {
    canvasId: canvas.id,
    x: Math.round((canvas.width - w) / 2),
    y: Math.round((canvas.height - h) / 2),
    w,
    h,
  };
}

/** Id and size of a canvas of the world, in its own units; null where it is not shown. */
export function canvasOf(world, canvasId) {
  const canvas = world.canvases.find(({ id }) => id === canvasId);
  return canvas ? { id: canvas.id, width: canvas.getWidth(), height: canvas.getHeight() } : null;
}

function dimensionsOf(world, canvasId) {
  return world.canvasDimensions.find(({ canvas }) => canvas.id === canvasId) ?? null;
}

function onCanvas(dimensions, point) {
  const { canvas, height, width, x, y } = dimensions;
  return {
    x: ((point.x - x) * canvas.getWidth()) / width,
    y: ((point.y - y) * canvas.getHeight()) / height,
  };
}

function inWorld(dimensions, point) {
  const { canvas, height, width, x, y } = dimensions;
  return {
    x: x + (point.x * width) / canvas.getWidth(),
    y: y + (point.y * height) / canvas.getHeight(),
  };
}

function worldPoint(viewer, pixel) {
  return viewer.viewport.pointFromPixel(asPoint(viewer, mirrored(viewer, pixel)), true);
}

function pixelOf(viewer, point) {
  const { x, y } = viewer.viewport.pixelFromPoint(asPoint(viewer, point), true);
  return mirrored(viewer, { x, y });
}

function mirrored(viewer, { x, y }) {
  const { viewport } = viewer;
  return viewport.getFlip() ? { x: viewport.getContainerSize().x - x, y } : { x, y };
}

/** Mirador keeps its OpenSeadragon to itself: a point is made of one that it gives. */
function asPoint(viewer, { x, y }) {
  return Object.assign(viewer.viewport.getCenter(true), { x, y });
}

function clamp(value, least, most) {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
