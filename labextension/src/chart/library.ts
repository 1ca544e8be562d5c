/** Plotly, which draws the charts: loaded when the first is drawn, once for a page, from wherever this page can have it. */

export interface Layout {
  [name: string]: unknown;
}

export interface PlotPoint {
  x?: unknown;
  y?: unknown;
  label?: unknown;
  customdata?: unknown;
  curveNumber?: number;
  /** A box plot's points have two: of the box, and within it. */
  pointNumber?: number | number[];
}

export interface PlotEvent {
  points?: PlotPoint[];
  /** Two bounds of each axis, by the axis' name (`x`, `y2`), of a box that was drawn. */
  range?: Record<string, unknown[]>;
  /** The axes of a heat map that stand in classes. */
  classes?: Record<string, number>;
  [name: string]: unknown;
}

/** An element that Plotly has drawn in. */
export interface PlotElement extends HTMLElement {
  on(event: string, listener: (event?: PlotEvent) => void): void;
  _fullLayout?: { _size?: { w: number; h: number } };
}

/** What this product needs of Plotly. */
export interface Plotly {
  react(el: HTMLElement, data: unknown[], layout: Layout, config: object): Promise<unknown>;
  relayout(el: HTMLElement, change: object): Promise<unknown>;
  toImage(figure: object, how: { format: 'png' | 'svg'; width: number; height: number; scale?: number }): Promise<string>;
  purge(el: HTMLElement): void;
  Plots: { resize(el: HTMLElement): Promise<unknown> | void };
}

/** Where Plotly's source comes from; the next is asked where one fails. */
export type Source = () => Promise<string>;

export interface Library {
  plotly(): Promise<Plotly>;
  /** The source itself, for pages that are to draw a chart elsewhere. */
  source(): Promise<string>;
}

const KEY = Symbol.for('tabweave.plotly');

interface Shared {
  [KEY]?: Promise<Plotly> | undefined;
  Plotly?: Plotly;
}

function evaluate(text: string): Plotly {
  const module: { exports: Partial<Plotly> } = { exports: {} };
  // Neither a page's own `define` nor its `module` is to take the library for theirs.
  new Function('module', 'exports', 'define', text)(module, module.exports, undefined);
  return module.exports as Plotly;
}

export function library(sources: readonly Source[]): Library {
  const source = async (): Promise<string> => {
    let failure: unknown = new Error('There is nowhere to load Plotly from.');
    for (const from of sources) {
      try {
        return await from();
      } catch (reason) {
        failure = reason;
      }
    }
    throw failure;
  };
  const plotly = (): Promise<Plotly> => {
    const page = globalThis as Shared;
    if (page.Plotly) {
      return Promise.resolve(page.Plotly);
    }
    page[KEY] ??= source()
      .then(evaluate)
      .catch((reason: unknown) => {
        page[KEY] = undefined;
        throw reason;
      });
    return page[KEY];
  };
  return { plotly, source };
}
