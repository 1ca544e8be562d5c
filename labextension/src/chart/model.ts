/** What a chart's widget brings along from the kernel: how it was drawn first, and Plotly where the server has none. */
import type { ChartStep, Drawn } from '../session/api';
import type { Model } from '../transport/comm';
import { library, type Library, type Source } from './library';

const PATIENCE = 30_000;

/** The step of a widget that is a chart; null for a grid. */
export function stepOf(model: Model): ChartStep | null {
  return (model.get('chart') as ChartStep | undefined) ?? null;
}

export function drawnFirst(model: Model): Drawn | null {
  const { figure, ...rest } = (model.get('drawn') ?? {}) as Partial<Drawn>;
  return figure ? ({ figure, ...rest } as Drawn) : null;
}

/** Plotly from the server, else by the widget's own messages. */
export function libraryFor(model: Model, server: Source | undefined): Library {
  const kernel: Source = () =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        model.off('msg:custom', hear);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error('The kernel does not answer.'));
      }, PATIENCE);
      const hear = (content: { type?: string; error?: string }, [source]: DataView[] = []): void => {
        if (content.type === 'plotly') {
          end();
          if (source) {
            resolve(new TextDecoder().decode(source));
          } else {
            reject(new Error(content.error ?? 'The kernel has no Plotly.'));
          }
        }
      };
      model.on('msg:custom', hear);
      model.send({ type: 'plotly' });
    });
  return library(server ? [server, kernel] : [kernel]);
}
