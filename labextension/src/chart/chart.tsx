import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { IconButton } from '../grid/panels/controls';
import { ThemeProvider, usePalette } from '../grid/panels/scope';
import type { ChartStep, Drawn, Session, SessionState } from '../session/api';
import type { Scalar } from '../protocol';
import { selected } from './brush';
import { download, exported, FORMS, type Form } from './exports';
import type { Library, Plotly } from './library';
import type { Brush } from './links';
import { Live, type LiveState } from './live';
import { Plot, type PlotEvents, type Tool } from './plot';

/** What a chart needs of its table. */
export type ChartTable = Pick<Session, 'subscribe' | 'charts'> & {
  readonly state: Pick<SessionState, 'rev' | 'connection' | 'name' | 'base'>;
};

/** The table of a chart that stays as it is. */
export function nowhere(name: string): ChartTable {
  const base = { columns: [], dtypes: [] };
  return {
    state: { rev: -1, connection: 'gone', name, base },
    subscribe: () => () => undefined,
    charts: { draw: () => Promise.reject(new Error('This chart does not follow its table.')) }
  };
}

export interface ChartProps {
  session: ChartTable;
  step: ChartStep;
  library: Library;
  /** What a selection does to the table's grids. */
  brush: Brush;
  /** The chart as it was drawn last, if it was. */
  first?: Drawn | null;
  height: number;
  /** Stands at the left of the bar. */
  children?: (drawn: Drawn | null) => ReactNode;
  onClose?: () => void;
}

function useLive(session: ChartTable, step: ChartStep, first: Drawn | null): [Live | null, LiveState] {
  const [live, setLive] = useState<Live | null>(null);
  const begin = useRef({ step, first });
  useEffect(() => {
    const made = new Live(session, begin.current.step, begin.current.first);
    setLive(made);
    return () => made.dispose();
  }, [session]);
  useEffect(() => live?.show(step), [live, step]);
  const nothing = useMemo<LiveState>(() => ({ drawn: begin.current.first, busy: true, error: '' }), []);
  const state = useSyncExternalStore(
    useCallback(listener => live?.subscribe(listener) ?? (() => undefined), [live]),
    () => live?.state ?? nothing
  );
  return [live, state];
}

/** A chart with what can be done to it; it follows its table. */
export function Chart({ session, step, library, brush, first = null, height, children, onClose }: ChartProps) {
  const palette = usePalette();
  const [live, { drawn, busy, error }] = useLive(session, step, first);
  const [plotly, setPlotly] = useState<Plotly | null>(null);
  const [failure, setFailure] = useState('');
  const [chosen, setChosen] = useState<Tool | null>(null);
  const [brushed, setBrushed] = useState(false);
  const [looking, setLooking] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const source = useRef({});
  const tool: Tool = chosen ?? (drawn?.figure.layout['dragmode'] === 'zoom' ? 'zoom' : 'select');
  const zooms = ['line', 'area', 'scatter', 'histogram'].includes(drawn?.step.kind ?? '');

  const filter = useCallback(
    (filters: ReturnType<typeof selected>) => {
      setBrushed(filters !== null);
      brush(source.current, filters).then(
        () => setFailure(''),
        (reason: unknown) => setFailure((reason as Error).message)
      );
    },
    [brush]
  );
  const events = useRef<PlotEvents | null>(null);
  events.current = {
    select: event => {
      const { columns } = session.state.base;
      filter(event && drawn ? selected(drawn.step, event, columns) : null);
    },
    look: part => {
      setLooking(Boolean(part.x ?? part.y));
      live?.look(zooms ? (part as { x?: Scalar[]; y?: Scalar[] }) : {});
    },
    fit: width => live?.fit(width)
  };

  useEffect(() => {
    let over = false;
    library.plotly().then(
      found => !over && setPlotly(found),
      (reason: unknown) => !over && setFailure(`The chart cannot be drawn here: ${(reason as Error).message}`)
    );
    return () => {
      over = true;
    };
  }, [library]);

  useEffect(() => {
    const el = place.current;
    if (!plotly || !el) {
      return;
    }
    const made = new Plot(el, plotly, {
      select: event => events.current?.select(event),
      look: part => events.current?.look(part),
      fit: width => events.current?.fit(width)
    });
    plot.current = made;
    const sized = new ResizeObserver(() => made.resize());
    sized.observe(el);
    return () => {
      sized.disconnect();
      made.purge();
      plot.current = null;
    };
  }, [plotly]);

  const marker = useMemo(() => JSON.stringify([drawn?.step.kind, step]), [drawn?.step.kind, step]);
  useEffect(() => {
    if (drawn && palette && plotly) {
      plot.current?.draw(structuredClone(drawn.figure), palette, tool, marker).catch((reason: unknown) => {
        setFailure(`The chart cannot be drawn: ${(reason as Error).message}`);
      });
    }
  }, [drawn, palette, plotly, tool, marker]);

  // Another chart begins with nothing selected; a chart that goes leaves no filter behind.
  useEffect(() => {
    const own = source.current;
    return () => void brush(own, null).catch(() => undefined);
  }, [brush, marker]);
  useLayoutEffect(() => {
    setBrushed(false);
    setLooking(false);
  }, [marker]);

  const clear = () => {
    plot.current?.deselect();
    filter(null);
  };
  const take = (form: Form) => {
    if (drawn && palette) {
      exported(form, drawn, library, palette).then(download, (reason: unknown) => setFailure((reason as Error).message));
    }
  };
  const said = failure || error;
  const empty = drawn !== null && drawn.marks === 0;
  return (
    <section className="tw-Chart" aria-label={`Chart of ${session.state.name}`} aria-busy={busy} style={{ height }}>
      <header className="tw-Chart-bar">
        {children?.(drawn)}
        <span className="tw-Chart-space" />
        {brushed && (
          <button type="button" className="tw-Chart-brushed" title="Show all rows again" onClick={clear}>
            Filters the table ✕
          </button>
        )}
        {drawn?.step.kind !== 'pie' && (
          <span className="tw-Chart-tools" role="group" aria-label="Dragging over the chart">
            <button
              type="button"
              aria-pressed={tool === 'select'}
              title="Drag to filter the table"
              onClick={() => setChosen('select')}
            >
              Select
            </button>
            <button type="button" aria-pressed={tool === 'zoom'} title="Drag to look closer" onClick={() => setChosen('zoom')}>
              Zoom
            </button>
          </span>
        )}
        <Exports onTake={take} />
        {onClose && <IconButton small icon="close" label="Close the chart" onClick={onClose} />}
      </header>
      <div
        ref={place}
        className="tw-Chart-plot"
        data-rev={drawn?.rev}
        data-looking={looking ? '' : undefined}
        role="img"
        aria-label={String((drawn?.figure.layout['title'] as { text?: string } | undefined)?.text ?? '')}
      />
      {(said || empty) && (
        <p className="tw-Chart-said" role={said ? 'alert' : 'status'}>
          {said || 'There is nothing to draw.'}
        </p>
      )}
    </section>
  );
}

function Exports({ onTake }: { onTake: (form: Form) => void }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!open) {
      return;
    }
    const outside = (event: Event) => {
      if (!root.current?.contains(event.composedPath()[0] as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', outside, true);
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    return () => document.removeEventListener('pointerdown', outside, true);
  }, [open]);
  const move = (event: React.KeyboardEvent) => {
    const items = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = items.indexOf(event.target as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') {
      setOpen(false);
      root.current?.querySelector<HTMLElement>('button')?.focus();
    } else if (step && at >= 0) {
      items[(at + step + items.length) % items.length]?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span ref={root} className="tw-Chart-exports" onKeyDown={move}>
      <IconButton small icon="download" label="Take the chart along" pressed={open} onClick={() => setOpen(!open)} />
      {open && (
        <div className="tw-Chart-menu" role="menu" aria-label="Take the chart along">
          {FORMS.map(({ form, label }) => (
            <button
              key={form}
              type="button"
              role="menuitem"
              onClick={() => {
                setOpen(false);
                onTake(form);
              }}
            >
              {label}
            </button>
          ))}
        </div>
      )}
    </span>
  );
}

export interface Mounted {
  show(step: ChartStep): void;
  dispose(): void;
}

/** Draws a chart into `el`, which stands alone; the session stays the caller's. */
export function mountChart(el: HTMLElement, props: Omit<ChartProps, 'children'>): Mounted {
  const root = createRoot(el);
  const render = (step: ChartStep) =>
    root.render(
      <ThemeProvider className="tw-Chart-frame">
        <Chart {...props} step={step} />
      </ThemeProvider>
    );
  render(props.step);
  return { show: render, dispose: () => root.unmount() };
}
