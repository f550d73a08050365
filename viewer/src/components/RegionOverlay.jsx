import { useEffect, useReducer, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import {
  LEAST, between, canvasOf, canvasPoint, corners, middle, moved, pointOn, resized, worldRect,
} from '../lib/regions';
import { Outline } from './Outline';

/** Viewer events after which everything lies elsewhere on the screen. */
const MOVED = ['update-viewport', 'animation', 'resize', 'rotate', 'flip', 'open', 'tile-loaded'];
/** Milliseconds of rest after which what was drawn is searched. */
const REST = 500;
/** Milliseconds until a viewer that was resized is still. */
const SETTLES = 100;
/** How far an arrow key goes, as a share of the canvas's shorter side. */
const STEP = 0.02;

/**
 * Draws the part of a picture that is asked about, or that a comment is about, and outlines the
 * part that was found.
 */
export function RegionOverlay({
  api, ask, canvasWorld, changeAsk, changeComment, comment, drawing, library, search, setDrawing, target, viewer,
}) {
  const { t } = useTranslation();
  const [, redraw] = useReducer((count) => count + 1, 0);
  const layer = useRef(null);
  const shape = useRef(null);
  const drag = useRef(null);
  const resting = useRef(0);
  const commenting = drawing === 'comment';
  const searched = ask.kind === 'region' ? ask.region : null;
  const said = comment.part ? comment.region : null;
  const region = commenting ? said : (searched ?? said);

  useEffect(() => {
    if (!viewer) return undefined;
    MOVED.forEach((name) => viewer.addHandler(name, redraw));
    return () => MOVED.forEach((name) => viewer.removeHandler(name, redraw));
  }, [viewer]);
  useFitted(viewer, canvasWorld, target);
  useKeptInSight(viewer, canvasWorld, region);
  useEffect(() => () => clearTimeout(resting.current), []);
  useEffect(() => {
    if (drawing) shape.current?.focus({ preventScroll: true });
  }, [drawing]);

  if (!viewer?.viewport || !canvasWorld?.hasDimensions()) return null;

  const ready = library?.presets;
  const canvas = region && canvasOf(canvasWorld, region.canvasId);
  const outline = region && corners(viewer, canvasWorld, region);

  const change = (drawn) => {
    if (commenting) changeComment({ part: true, region: drawn });
    else changeAsk({ canvasId: drawn.canvasId, kind: 'region', region: drawn });
  };
  const asked = (drawn) => ({ ...ask, canvasId: drawn.canvasId, kind: 'region', region: drawn });
  const searchNow = (drawn) => {
    clearTimeout(resting.current);
    if (ready && drawn && !commenting) search(api, library, asked(drawn));
  };
  const searchAtRest = (drawn) => {
    clearTimeout(resting.current);
    resting.current = setTimeout(() => searchNow(drawn), REST);
  };
  const pixel = ({ clientX, clientY }) => {
    const { left, top } = layer.current.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  const begin = (event) => {
    if (event.button > 0) return;
    const from = pixel(event);
    const corner = event.target.dataset.corner;
    clearTimeout(resting.current);
    if (corner !== undefined && region) {
      const { x, y, w, h } = region;
      const opposite = [[x + w, y + h], [x, y + h], [x, y], [x + w, y]][corner];
      drag.current = { anchor: { x: opposite[0], y: opposite[1] }, canvas, from };
    } else if (event.target.dataset.region && region) {
      drag.current = { at: pointOn(viewer, canvasWorld, region.canvasId, from), canvas, from, region };
    } else {
      const at = canvasPoint(viewer, canvasWorld, from);
      if (!at) return;
      drag.current = { anchor: at, canvas: canvasOf(canvasWorld, at.canvasId), from, fresh: true };
    }
    event.preventDefault();
    layer.current.setPointerCapture(event.pointerId);
  };
  const draw = (event) => {
    const { current } = drag;
    if (!current) return;
    const to = pixel(event);
    const far = Math.hypot(to.x - current.from.x, to.y - current.from.y) >= LEAST;
    if (current.fresh && !far && !current.drawn) return;
    const at = pointOn(viewer, canvasWorld, current.canvas.id, to);
    const drawn = current.region
      ? moved(current.canvas, current.region, at.x - current.at.x, at.y - current.at.y)
      : between(current.canvas, current.anchor, at);
    if (!drawn) return;
    current.drawn = drawn;
    change(drawn);
  };
  const end = () => {
    const { drawn } = drag.current ?? {};
    drag.current = null;
    if (drawn) searchAtRest(drawn);
  };
  const press = (event) => {
    const arrow = { ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1] }[event.key];
    if (event.key === 'Escape' || (commenting && event.key === 'Enter')) setDrawing(false);
    else if (event.key === 'Enter' || event.key === ' ') searchNow(region ?? place());
    else if (arrow) {
      const drawn = region ?? place();
      const of = canvasOf(canvasWorld, drawn.canvasId);
      const step = STEP * Math.min(of.width, of.height);
      const changed = event.shiftKey ? resized : moved;
      change(changed(of, drawn, arrow[0] * step, arrow[1] * step));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  /** A region to begin with, where nothing is drawn yet. */
  const place = () => {
    const drawn = middle(canvasOf(canvasWorld, ask.canvasId) ?? canvasOf(canvasWorld, canvasWorld.canvasIds[0]));
    change(drawn);
    return drawn;
  };

  const found = target && corners(viewer, canvasWorld, target);
  return (
    <div
      className="painting-search-overlay"
      onPointerCancel={() => { drag.current = null; }}
      onPointerDown={drawing ? begin : undefined}
      onPointerMove={drawing ? draw : undefined}
      onPointerUp={drawing ? end : undefined}
      ref={layer}
      style={{
        cursor: drawing ? 'crosshair' : undefined,
        inset: 0,
        pointerEvents: drawing ? 'auto' : 'none',
        position: 'absolute',
        touchAction: drawing ? 'none' : undefined,
        zIndex: 1,
      }}
    >
      {drawing && (
        <div
          aria-label={region && canvas ? t(commenting ? 'paintingSearch.comment.regionAt' : 'paintingSearch.regionAt', percent(region, canvas)) : t('paintingSearch.regionNone')}
          aria-roledescription={t('paintingSearch.regionRole')}
          onKeyDown={press}
          ref={shape}
          role="application"
          style={{ inset: 0, position: 'absolute' }}
          tabIndex={0}
        />
      )}
      <svg aria-hidden="true" style={{ height: '100%', overflow: 'hidden', pointerEvents: 'none', position: 'absolute', width: '100%' }}>
        {found && <Outline corners={found} name="found" />}
        {outline && <Outline corners={outline} dimmed={drawing} handles={drawing} name="asked" />}
      </svg>
    </div>
  );
}

/** Shows what was drawn again where a viewer that became smaller has lost it. */
function useKeptInSight(viewer, world, region) {
  useEffect(() => {
    if (!viewer || !region) return undefined;
    const look = () => {
      const shown = viewer.viewport && corners(viewer, world, region);
      if (!shown) return;
      const size = viewer.viewport.getContainerSize();
      if (shown.some(({ x, y }) => x < 0 || y < 0 || x > size.x || y > size.y)) show(viewer, worldRect(world, region));
    };
    // OpenSeadragon tells of the new size before it has settled where to look.
    let settling = 0;
    const later = () => {
      clearTimeout(settling);
      settling = setTimeout(look, SETTLES);
    };
    viewer.addHandler('resize', later);
    return () => {
      clearTimeout(settling);
      viewer.removeHandler('resize', later);
    };
  }, [viewer, world, region]);
}

/** Shows a region when it is wanted, and again once the viewer has put its picture in place. */
function useFitted(viewer, world, target) {
  useEffect(() => {
    const rect = viewer?.viewport && target && worldRect(world, target);
    if (!rect) return undefined;
    const fit = () => show(viewer, rect);
    fit();
    // Mirador goes to its own starting place with the first tile.
    const later = () => setTimeout(fit, 0);
    viewer.addOnceHandler('tile-loaded', later);
    return () => viewer.removeHandler('tile-loaded', later);
  }, [viewer, world, target]);
}

/** Goes to a rectangle of the world, with some of what is around it. */
function show(viewer, rect) {
  const { viewport } = viewer;
  const margin = 0.25 * Math.max(rect.width, rect.height);
  viewport.fitBounds(Object.assign(viewport.getBounds(true), {
    degrees: 0,
    height: rect.height + 2 * margin,
    width: rect.width + 2 * margin,
    x: rect.x - margin,
    y: rect.y - margin,
  }), true);
}

/** Where a region is, in percent of its canvas. */
function percent(region, canvas) {
  const of = (value, whole) => Math.round((100 * value) / whole);
  return {
    h: of(region.h, canvas.height), w: of(region.w, canvas.width), x: of(region.x, canvas.width), y: of(region.y, canvas.height),
  };
}
