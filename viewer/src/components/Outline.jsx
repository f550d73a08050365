/** Corners that can be dragged, in pixels: large enough for a finger (WCAG 2.2, 2.5.8). */
const HANDLE = 24;

/** A region on the screen: light on dark, so that it is seen on any picture. */
export function Outline({ corners, dimmed = false, handles = false, name }) {
  const points = corners.map(({ x, y }) => `${x},${y}`).join(' ');
  const inner = name === 'found' ? '#ffd54a' : '#ffffff';
  return (
    <g className={`painting-search-${name}`}>
      {dimmed && (
        <path
          d={`M-9999,-9999H19999V19999H-9999Z M${corners.map(({ x, y }) => `${x},${y}`).join('L')}Z`}
          fill="#000"
          fillOpacity="0.35"
          fillRule="evenodd"
        />
      )}
      <polygon
        data-region="1"
        fill="transparent"
        points={points}
        stroke="#000"
        strokeOpacity="0.75"
        strokeWidth="5"
        style={{ cursor: handles ? 'move' : undefined, pointerEvents: handles ? 'auto' : 'none' }}
      />
      <polygon fill="none" points={points} stroke={inner} strokeWidth="2.5" />
      {handles && corners.map(({ x, y }, index) => (
        <g key={['nw', 'ne', 'se', 'sw'][index]}>
          <rect fill="#fff" height="10" stroke="#000" width="10" x={x - 5} y={y - 5} />
          <rect
            data-corner={index}
            fill="transparent"
            height={HANDLE}
            style={{ cursor: 'grab', pointerEvents: 'auto' }}
            width={HANDLE}
            x={x - HANDLE / 2}
            y={y - HANDLE / 2}
          />
        </g>
      ))}
    </g>
  );
}
