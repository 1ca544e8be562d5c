import { useState } from 'react';
import type { Picture } from '../protocol';
import { IconButton } from '../grid/panels/controls';

/** Charts as pictures. They come from the table's own server, and are drawn where no script runs. */
export function Pictures({ charts }: { charts: readonly Picture[] }) {
  const [place, setPlace] = useState(0);
  const chart = charts[Math.min(place, charts.length - 1)];
  if (!chart) {
    return null;
  }
  return (
    <figure className="tw-Command-picture">
      <img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(chart.svg)}`} alt={chart.title || `${chart.kind} chart`} />
      {charts.length > 1 && (
        <figcaption>
          <IconButton small icon="left" label="Previous chart" disabled={place === 0} onClick={() => setPlace(place - 1)} />
          {place + 1} of {charts.length}
          <IconButton
            small
            icon="right"
            label="Next chart"
            disabled={place >= charts.length - 1}
            onClick={() => setPlace(place + 1)}
          />
        </figcaption>
      )}
    </figure>
  );
}
