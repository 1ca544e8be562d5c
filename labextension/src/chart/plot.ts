/** A figure drawn by Plotly in the page's colours, and what is done to it with the pointer. */
import type { Figure } from '../session/api';
import type { Palette } from '../grid/drawing/theme';
import type { Layout, Plotly, PlotElement, PlotEvent, PlotPoint } from './library';
import { covered } from './brush';

/** What dragging over a chart means. */
export type Tool = 'zoom' | 'select';

export interface PlotEvents {
  /** Something was selected, or nothing is any more. */
  select(event: PlotEvent | null): void;
  /** Another part of the axes is looked at; without bounds all of it. */
  look(part: { x?: unknown[]; y?: unknown[] }): void;
  /** The width in pixels that points can stand in. */
  fit(width: number): void;
}

// A text with two dollar signs is no formula.
const CONFIG = { responsive: false, displayModeBar: false, doubleClick: 'reset', showTips: false, typesetMath: false };
const PICKED = new Set(['box', 'heatmap', 'pie']);

type Axis = Record<string, unknown>;

/** A figure's layout in the colours of a page. */
export function themed(layout: Layout, palette: Palette): Layout {
  const axis = (found: Axis): Axis => ({
    ...found,
    gridcolor: palette.lineSoft,
    zerolinecolor: palette.line,
    linecolor: palette.line
  });
  const axes = Object.entries(layout)
    .filter(([name]) => /^[xy]axis\d*$/.test(name))
    .map(([name, found]) => [name, axis(found as Axis)]);
  return {
    ...layout,
    ...Object.fromEntries(axes),
    font: { color: palette.soft, family: palette.font, size: 12 },
    title: { ...(layout['title'] as object), font: { color: palette.ink, size: 14 } },
    hoverlabel: { bgcolor: palette.surface, bordercolor: palette.line, font: { color: palette.ink, family: palette.font } },
    activeselection: { fillcolor: palette.brand, opacity: 0.12 },
    newselection: { line: { color: palette.brand, width: 1, dash: 'dot' } }
  };
}

/** Tells the bars that were selected from the others, by name, or where they are classes of numbers by the numbers. */
function chooser(bars: readonly [name: unknown, edges: unknown][]): (name: unknown, edges: unknown) => boolean {
  const names = new Set(bars.map(([name]) => String(name)));
  const classes = bars.map(([, edges]) => edges).filter((edges): edges is [number, number] => Array.isArray(edges));
  const lo = Math.min(...classes.map(([left]) => left));
  const hi = Math.max(...classes.map(([, right]) => right));
  return (name, edges) => {
    if (!Array.isArray(edges) || !classes.length) {
      return names.has(String(name));
    }
    const middle = (Number(edges[0]) + Number(edges[1])) / 2;
    return lo < middle && middle < hi;
  };
}

export class Plot {
  private readonly el: PlotElement;
  private heard = false;
  private names: Record<'x' | 'y', unknown[]> = { x: [], y: [] };
  /** The bars that are selected, by name: they stay so when new values give them other places. */
  private picked: ((name: unknown, edges: unknown) => boolean) | null = null;
  private last: Parameters<Plot['draw']> | null = null;
  private drawings = 0;
  private kinds = new Set<unknown>();
  private classes: Record<string, number> = {};

  constructor(
    el: HTMLElement,
    private readonly plotly: Plotly,
    private readonly events: PlotEvents
  ) {
    this.el = el as PlotElement;
  }

  async draw(figure: Figure, palette: Palette, tool: Tool, marker: string): Promise<void> {
    const { data, layout } = figure;
    if (marker !== this.last?.[3]) {
      this.picked = null;
    }
    this.last = [figure, palette, tool, marker];
    this.drawings += 1;
    this.kinds = new Set(data.map(trace => trace['type']));
    this.classes = (data[0]?.['meta'] ?? {}) as Record<string, number>;
    this.names = {
      x: data.flatMap(trace => (trace['type'] === 'heatmap' ? (trace['x'] as unknown[]) : [])),
      y: data.flatMap(trace => (trace['type'] === 'heatmap' ? (trace['y'] as unknown[]) : []))
    };
    const flat = data.some(trace => trace['orientation'] === 'h');
    const along = [...this.kinds].some(kind => kind === 'bar' || kind === 'box') || String(layout['dragmode']) !== 'select';
    const dense = this.kinds.has('heatmap') || data.some(trace => trace['mode'] === 'markers');
    const traces = data.map(trace => {
      const colorbar = trace['type'] === 'heatmap' ? { colorbar: { thickness: 12, outlinewidth: 0 } } : {};
      return { ...trace, ...colorbar, ...this.picks(trace) };
    });
    const named = this.kinds.has('bar');
    await this.plotly.react(
      this.el,
      traces,
      {
        ...themed(layout, palette),
        autosize: true,
        dragmode: tool,
        selectdirection: along && !dense ? (flat ? 'v' : 'h') : 'any',
        clickmode: named ? 'event+select' : 'event',
        // What the user has zoomed or selected stays over new values, and goes with another chart.
        uirevision: marker,
        selectionrevision: named ? this.drawings : marker
      },
      CONFIG
    );
    this.hear();
    this.measure();
  }

  resize(): void {
    if (this.heard) {
      void this.plotly.Plots.resize(this.el);
      this.measure();
    }
  }

  /** Lifts what is selected. */
  deselect(): void {
    this.picked = null;
    if (this.kinds.has('bar')) {
      this.again();
    } else if (this.heard) {
      void this.plotly.relayout(this.el, { selections: [] });
    }
  }

  purge(): void {
    this.plotly.purge(this.el);
  }

  private measure(): void {
    const width = this.el._fullLayout?._size?.w;
    if (width) {
      this.events.fit(width);
    }
  }

  private hear(): void {
    if (this.heard) {
      return;
    }
    this.heard = true;
    const { el, events } = this;
    el.on('plotly_selected', event => {
      // Drawing what is selected is told as a selection of nothing.
      if (event && (event.range || event.points?.length)) {
        const named = this.named(event);
        this.pick(named.points ?? []);
        events.select(named);
      }
    });
    const lift = () => {
      this.pick([]);
      events.select(null);
    };
    el.on('plotly_deselect', lift);
    el.on('plotly_doubleclick', lift);
    el.on('plotly_click', event => {
      if (event && [...this.kinds].some(kind => PICKED.has(String(kind)))) {
        const named = this.kinds.has('box') ? this.named(event) : this.kinds.has('heatmap') ? this.cell(event) : event;
        events.select(named);
      }
    });
    el.on('plotly_relayout', event => this.relaid(event ?? {}));
  }

  private along(trace: Record<string, unknown>): unknown[] {
    return (trace['orientation'] === 'h' ? trace['y'] : trace['x']) as unknown[];
  }

  /** Which points of a trace of bars are selected; those of other kinds Plotly itself knows. */
  private picks(trace: Record<string, unknown>): { selectedpoints?: number[] | null } {
    const { picked } = this;
    if (trace['type'] !== 'bar') {
      return {};
    }
    const edges = (trace['customdata'] ?? []) as unknown[];
    return { selectedpoints: picked && this.along(trace).flatMap((name, at) => (picked(name, edges[at]) ? [at] : [])) };
  }

  private pick(points: readonly PlotPoint[]): void {
    if (this.kinds.has('bar')) {
      const flat = this.last?.[0].data.some(trace => trace['orientation'] === 'h');
      this.picked = points.length ? chooser(points.map(({ x, y, customdata }) => [flat ? y : x, customdata])) : null;
      this.again();
    }
  }

  private again(): void {
    if (this.last) {
      void this.draw(...this.last);
    }
  }

  /**
   * The selected points by their names in the figure, for Plotly writes dates its own way and knows box plots' points by number. A
   * box over a heat map has no points in its eyes; they are those that it covers.
   */
  private named(event: PlotEvent): PlotEvent {
    if (this.kinds.has('box') || this.kinds.has('bar')) {
      const { data = [] } = this.last?.[0] ?? {};
      const points = (event.points ?? []).map(({ curveNumber = 0, pointNumber = -1, customdata, ...point }) => {
        const trace = data[curveNumber] ?? {};
        const name = this.along(trace)?.[[pointNumber].flat()[0] ?? -1];
        return trace['orientation'] === 'h' ? { customdata, y: name ?? point.y } : { customdata, x: name ?? point.x };
      });
      return { ...event, points };
    }
    if (!this.kinds.has('heatmap')) {
      return event;
    }
    const { x, y } = event.range ?? {};
    const across = this.classes['x'] ? [undefined] : covered(this.names.x, x);
    const up = this.classes['y'] ? [undefined] : covered(this.names.y, y);
    const points = across.flatMap(left => up.map(top => ({ x: left, y: top })));
    return { ...event, points, classes: this.classes };
  }

  /** A click on a cell of a heat map means all of its classes. */
  private cell(event: PlotEvent): PlotEvent {
    const [point] = event.points ?? [];
    const bounds = (axis: 'x' | 'y'): unknown[] => {
      const [middle, size] = [point?.[axis], this.classes[axis] ?? 0];
      return typeof middle === 'number'
        ? [middle - size / 2, middle + size / 2]
        : [-1, 1].map(side => Date.parse(`${String(middle)}Z`) + (side * size) / 2000);
    };
    return { ...event, classes: this.classes, range: { x: bounds('x'), y: bounds('y') } };
  }

  private relaid(change: PlotEvent): void {
    const bounds = (axis: string): unknown[] | undefined => {
      const whole = change[`${axis}.range`];
      const [lo, hi] = [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
      return Array.isArray(whole) ? whole : lo === undefined ? undefined : [lo, hi];
    };
    const [x, y] = [bounds('xaxis'), bounds('yaxis')];
    if (x || y) {
      this.events.look({ ...(x ? { x } : {}), ...(y ? { y } : {}) });
    } else if (change['xaxis.autorange'] || change['yaxis.autorange']) {
      this.events.look({});
    }
  }
}
