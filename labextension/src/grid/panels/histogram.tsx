import { useRef } from 'react';
import type { PointerEvent } from 'react';
import type { Column, Profile } from '../../protocol';
import { formatCount, plural } from './figures';
import { edgeScalar, scalarText } from './scalars';

interface HistogramProps {
  profile: Profile;
  column: Column;
  height: number;
  /** Bins `[first, last]` that are chosen; the others are dimmed. */
  chosen?: [first: number, last: number] | null;
  /** Called while a pointer is dragged over the bars. */
  onBrush?: (first: number, last: number) => void;
}

const WIDTH = 288;

/** Which bins lie between two bounds, or null when that is none of them. */
export function binsBetween(edges: readonly number[], lo: number | null, hi: number | null): [number, number] | null {
  const bins = edges.length - 1;
  let first = 0;
  let last = bins - 1;
  while (first < bins && lo !== null && (edges[first + 1] ?? Infinity) <= lo) {
    first += 1;
  }
  while (last >= 0 && hi !== null && (edges[last] ?? -Infinity) > hi) {
    last -= 1;
  }
  return first <= last ? [first, last] : null;
}

function binName(column: Column, edges: readonly number[], index: number, count: number): string {
  const edge = (at: number, side: 'lo' | 'hi') => scalarText(edgeScalar(edges[at] ?? 0, column, side), column);
  const [lo, hi] = [edge(index, 'lo'), edge(index + 1, 'hi')];
  return lo || hi ? `${lo} – ${hi}: ${plural(count, 'row')}` : plural(count, 'row');
}

/** The distribution as bars; with `onBrush` a range can be drawn over it (the same range can be typed). */
export function Histogram({ profile, column, height, chosen, onBrush }: HistogramProps) {
  const start = useRef<number | null>(null);
  const counts = profile.counts ?? [];
  const edges = profile.edges ?? [];
  const highest = Math.max(...counts, 1);
  const step = WIDTH / Math.max(counts.length, 1);
  const gap = step > 5 ? 1.5 : step > 3 ? 0.75 : 0;

  const binAt = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(box.width, 1);
    return Math.max(0, Math.min(counts.length - 1, Math.floor(share * counts.length)));
  };
  const brush = (event: PointerEvent<SVGSVGElement>) => {
    const from = start.current;
    if (from !== null && onBrush) {
      const bin = binAt(event);
      onBrush(Math.min(from, bin), Math.max(from, bin));
    }
  };
  const handlers = onBrush && {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      start.current = binAt(event);
      event.currentTarget.setPointerCapture(event.pointerId);
      brush(event);
    },
    onPointerMove: brush,
    onPointerUp: () => {
      start.current = null;
    }
  };

  return (
    <svg
      className={onBrush ? 'tw-Histogram tw-mod-brush' : 'tw-Histogram'}
      viewBox={`0 0 ${WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Distribution of ${formatCount(profile.rows - profile.missing)} values in ${counts.length} bins`}
      {...handlers}
    >
      {counts.map((count, index) => {
        const tall = count > 0 ? Math.max((count / highest) * (height - 1), 1.5) : 0;
        const dim = chosen && (index < chosen[0] || index > chosen[1]);
        return (
          <g key={index}>
            <title>{binName(column, edges, index, count)}</title>
            <rect className="tw-Histogram-hit" x={index * step} y={0} width={step} height={height} />
            <rect
              className={dim ? 'tw-Histogram-bar tw-mod-dim' : 'tw-Histogram-bar'}
              x={index * step + gap / 2}
              y={height - tall}
              width={Math.max(step - gap, 0.5)}
              height={tall}
            />
          </g>
        );
      })}
    </svg>
  );
}
