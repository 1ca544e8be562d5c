/** A chart taken along: as a picture, a page, data or code. */
import type { Palette } from '../grid/drawing/theme';
import type { Drawn, Figure } from '../session/api';
import type { Library } from './library';
import { themed } from './plot';

export type Form = 'png' | 'svg' | 'html' | 'json' | 'code';

export const FORMS: readonly { form: Form; label: string }[] = [
  { form: 'png', label: 'Picture (PNG)' },
  { form: 'svg', label: 'Drawing (SVG)' },
  { form: 'html', label: 'Page that works offline (HTML)' },
  { form: 'json', label: 'Figure (Plotly JSON)' },
  { form: 'code', label: 'Python code' }
];

const TYPES: Record<Form, string> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  html: 'text/html',
  json: 'application/json',
  code: 'text/x-python'
};
const ENDS: Record<Form, string> = { png: 'png', svg: 'svg', html: 'html', json: 'json', code: 'py' };

export interface Exported {
  name: string;
  content: Blob;
}

/** A page that draws the figure with nothing from elsewhere. */
export function page(figure: Figure, title: string, source: string): string {
  const escaped = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const data = JSON.stringify(figure).replaceAll('<', '\\u003c');
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped}</title>` +
    `<script>${source.replaceAll('</script', '<\\/script')}</script></head><body><div id="chart" style="height:95vh"></div>` +
    `<script>var figure = ${data}; Plotly.newPlot("chart", figure.data, figure.layout, {responsive: true});</script></body></html>`
  );
}

function titleOf(figure: Figure): string {
  const { text = 'chart' } = (figure.layout['title'] ?? {}) as { text?: string };
  return (text.split('<br>')[0] ?? 'chart').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

async function picture(form: 'png' | 'svg', drawn: Drawn, library: Library, palette: Palette): Promise<Blob> {
  const { data, layout } = drawn.figure;
  const ground = { paper_bgcolor: palette.surface, plot_bgcolor: palette.surface, width: 900, height: 500 };
  const plotly = await library.plotly();
  const figure = { data, layout: { ...themed(layout, palette), ...ground } };
  const url = await plotly.toImage(figure, { format: form, width: 900, height: 500, scale: form === 'png' ? 2 : 1 });
  return (await fetch(url)).blob();
}

export async function exported(form: Form, drawn: Drawn, library: Library, palette: Palette): Promise<Exported> {
  const title = titleOf(drawn.figure);
  const name = `${title.replace(/[^\p{L}\p{N} _-]+/gu, '').trim() || 'chart'}.${ENDS[form]}`;
  if (form === 'png' || form === 'svg') {
    return { name, content: await picture(form, drawn, library, palette) };
  }
  const text =
    form === 'html'
      ? page(drawn.figure, title, await library.source())
      : form === 'json'
        ? JSON.stringify(drawn.figure, null, 1)
        : drawn.code;
  return { name, content: new Blob([text], { type: TYPES[form] }) };
}

/** Hands a file to the browser's downloads. */
export function download({ name, content }: Exported): void {
  const url = URL.createObjectURL(content);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
