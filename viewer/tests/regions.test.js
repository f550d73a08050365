import { describe, expect, it } from 'vitest';
import {
  between, canvasOf, canvasPoint, corners, middle, moved, pointOn, resized, worldRect,
} from '../src/lib/regions';

/** A viewport as OpenSeadragon has it: `centre` of the world in the middle, turned, perhaps mirrored. */
function viewer({ centre = { x: 500, y: 400 }, zoom = 0.5, degrees = 0, flip = false, size = { x: 800, y: 600 } } = {}) {
  const angle = (degrees * Math.PI) / 180;
  const turn = ({ x, y }, by) => ({ x: x * Math.cos(by) - y * Math.sin(by), y: x * Math.sin(by) + y * Math.cos(by) });
  const middleOf = { x: size.x / 2, y: size.y / 2 };
  return {
    viewport: {
      getCenter: () => ({ ...centre }),
      getContainerSize: () => size,
      getFlip: () => flip,
      pixelFromPoint: (p) => {
        const t = turn({ x: p.x - centre.x, y: p.y - centre.y }, angle);
        return { x: t.x * zoom + middleOf.x, y: t.y * zoom + middleOf.y };
      },
      pointFromPixel: (p) => {
        const t = turn({ x: (p.x - middleOf.x) / zoom, y: (p.y - middleOf.y) / zoom }, -angle);
        return { x: t.x + centre.x, y: t.y + centre.y };
      },
    },
  };
}

/** A book of two canvases side by side, the second twice as large as it is shown. */
function book() {
  const canvas = (id, width, height) => ({ getHeight: () => height, getWidth: () => width, id });
  const canvases = [canvas('left', 600, 800), canvas('right', 1000, 1600)];
  return {
    canvasDimensions: [
      { canvas: canvases[0], height: 800, width: 600, x: 0, y: 0 },
      { canvas: canvases[1], height: 800, width: 500, x: 600, y: 0 },
    ],
    canvases,
  };
}

const VIEWS = [
  ['straight', {}], ['zoomed in', { zoom: 3 }], ['on its side', { degrees: 90 }], ['upside down', { degrees: 180 }],
  ['askew', { degrees: 33 }], ['mirrored', { flip: true }], ['mirrored and on its side', { degrees: 270, flip: true }],
];
const CANVAS = { height: 800, id: 'left', width: 600 };

describe.each(VIEWS)('a view that is %s', (_name, how) => {
  it('gives back what was drawn', () => {
    const seen = viewer(how);
    const drawn = { canvasId: 'right', h: 600, w: 400, x: 120, y: 300 };
    const [nw, , se] = corners(seen, book(), drawn);
    const canvas = canvasOf(book(), 'right');
    const [a, b] = [nw, se].map((pixel) => pointOn(seen, book(), 'right', pixel));
    const rounded = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y) });
    expect(between(canvas, rounded(a), rounded(b))).toEqual(drawn);
    const at = canvasPoint(seen, book(), nw);
    expect([at.canvasId, Math.round(at.x), Math.round(at.y)]).toEqual(['right', 120, 300]);
  });
});

describe('a mirrored view', () => {
  it('has its left at the right', () => {
    const [nw] = corners(viewer({ flip: true }), book(), { canvasId: 'left', h: 10, w: 10, x: 0, y: 0 });
    const [straight] = corners(viewer(), book(), { canvasId: 'left', h: 10, w: 10, x: 0, y: 0 });
    expect(nw.x).toBeCloseTo(800 - straight.x);
  });
});

describe('a region', () => {
  it('stays within its canvas, in whole units', () => {
    expect(between(CANVAS, { x: -50, y: 10.4 }, { x: 99.2, y: 2000 })).toEqual({ canvasId: 'left', h: 790, w: 100, x: 0, y: 10 });
    expect(between(CANVAS, { x: 700, y: 10 }, { x: 900, y: 90 })).toBeNull();
  });

  it('moves and grows no further than the edge', () => {
    const region = { canvasId: 'left', h: 100, w: 100, x: 450, y: 50 };
    expect(moved(CANVAS, region, 90, -90)).toMatchObject({ h: 100, w: 100, x: 500, y: 0 });
    expect(resized(CANVAS, region, 90, -200)).toMatchObject({ h: 1, w: 150, x: 450, y: 50 });
  });

  it('begins in the middle', () => expect(middle(CANVAS)).toEqual({ canvasId: 'left', h: 320, w: 240, x: 180, y: 240 }));

  it('beside all canvases, or of one that is not shown, is none', () => {
    expect(canvasPoint(viewer(), book(), { x: -9000, y: 0 })).toBeNull();
    expect(corners(viewer(), book(), { canvasId: 'gone', h: 1, w: 1, x: 0, y: 0 })).toBeNull();
    expect(worldRect(book(), { canvasId: 'right', h: 160, w: 100, x: 100, y: 160 })).toEqual({ height: 80, width: 50, x: 650, y: 80 });
  });
});
