import type { Theme } from '@glideapps/glide-data-grid';

export type Mode = 'light' | 'dark';

/** The colours that a canvas needs, resolved to rgb(a) by the browser. */
export interface Palette {
  mode: Mode;
  font: string;
  ink: string;
  soft: string;
  faint: string;
  surface: string;
  sunken: string;
  hover: string;
  line: string;
  lineSoft: string;
  brand: string;
  brandInk: string;
  brandFill: string;
  onBrand: string;
  tint: string;
  tintStrong: string;
  bar: string;
  barSoft: string;
  error: string;
  errorTint: string;
  warn: string;
  good: string;
  goodTint: string;
  mark: string;
}

const TOKENS = {
  ink: '--tw-ink',
  soft: '--tw-ink-soft',
  faint: '--tw-ink-faint',
  surface: '--tw-surface',
  sunken: '--tw-sunken',
  hover: '--tw-hover',
  line: '--tw-line',
  lineSoft: '--tw-line-soft',
  brand: '--tw-brand',
  brandInk: '--tw-brand-ink',
  brandFill: '--tw-brand-fill',
  onBrand: '--tw-on-brand',
  tint: '--tw-tint',
  tintStrong: '--tw-tint-strong',
  bar: '--tw-bar',
  barSoft: '--tw-bar-soft',
  error: '--tw-error',
  errorTint: '--tw-error-tint',
  warn: '--tw-warn',
  good: '--tw-good',
  goodTint: '--tw-good-tint',
  mark: '--tw-mark'
} as const satisfies Partial<Record<keyof Palette, string>>;

/** Light or dark: as JupyterLab, VS Code or Colab say, else as the system prefers. */
export function themeMode(): Mode {
  const { body, documentElement: html } = document;
  const lab = body.dataset['jpThemeLight'];
  if (lab !== undefined) {
    return lab === 'true' ? 'light' : 'dark';
  }
  if (body.dataset['vscodeThemeKind']) {
    return body.dataset['vscodeThemeKind'].includes('light') ? 'light' : 'dark';
  }
  const named = html.getAttribute('theme') ?? html.dataset['theme'];
  if (named === 'dark' || named === 'light') {
    return named;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Calls `listener` after the page's theme may have changed. */
export function observeTheme(listener: () => void): () => void {
  let frame = 0;
  const later = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(listener);
  };
  const watch = new MutationObserver(later);
  const names = ['class', 'theme', 'data-theme', 'data-jp-theme-light', 'data-jp-theme-name', 'data-vscode-theme-kind'];
  watch.observe(document.body, { attributes: true, attributeFilter: names });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: names });
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'].map(query =>
    matchMedia(query)
  );
  queries.forEach(query => query.addEventListener('change', later));
  return () => {
    cancelAnimationFrame(frame);
    watch.disconnect();
    queries.forEach(query => query.removeEventListener('change', later));
  };
}

/** `color(srgb r g b / a)`, which mixed colours compute to and canvas libraries do not read, as rgba. */
export function plainColor(color: string): string {
  const parts = /^color\(srgb ([^ ]+) ([^ ]+) ([^ /)]+)(?: \/ ([^)]+))?\)$/.exec(color);
  if (!parts) {
    return color;
  }
  const [red, green, blue] = parts.slice(1, 4).map(part => Math.round(Number(part) * 255));
  return `rgba(${red}, ${green}, ${blue}, ${parts[4] ?? '1'})`;
}

/** Reads the tokens that are in force inside `scope`, an element of class `tw-Scope`. */
export function readPalette(scope: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  // Else every colour would read as the system's text colour in high-contrast mode.
  probe.style.forcedColorAdjust = 'none';
  scope.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(${token})`;
    return plainColor(getComputedStyle(probe).color);
  };
  const colors = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, read(token)])) as Record<
    keyof typeof TOKENS,
    string
  >;
  probe.remove();
  return { ...colors, mode: themeMode(), font: getComputedStyle(scope).fontFamily || 'system-ui, sans-serif' };
}

/** The palette in the words of Glide Data Grid. */
export function glideTheme(palette: Palette): Partial<Theme> {
  return {
    accentColor: palette.brand,
    accentFg: palette.onBrand,
    accentLight: palette.tint,
    textDark: palette.ink,
    textMedium: palette.soft,
    textLight: palette.faint,
    textBubble: palette.ink,
    bgIconHeader: palette.soft,
    fgIconHeader: palette.surface,
    textHeader: palette.ink,
    textHeaderSelected: palette.ink,
    textGroupHeader: palette.soft,
    bgCell: palette.surface,
    bgCellMedium: palette.sunken,
    bgHeader: palette.sunken,
    bgHeaderHasFocus: palette.sunken,
    bgHeaderHovered: palette.sunken,
    bgBubble: palette.hover,
    bgBubbleSelected: palette.tintStrong,
    bgSearchResult: palette.mark,
    borderColor: palette.lineSoft,
    horizontalBorderColor: palette.lineSoft,
    headerBottomBorderColor: palette.line,
    drilldownBorder: palette.line,
    linkColor: palette.brandInk,
    resizeIndicatorColor: palette.brand,
    cellHorizontalPadding: 9,
    cellVerticalPadding: 3,
    headerFontStyle: '600 12.5px',
    baseFontStyle: '12.5px',
    markerFontStyle: '11px',
    editorFontSize: '12.5px',
    headerIconSize: 16,
    fontFamily: palette.font,
    lineHeight: 1.4,
    roundingRadius: 3
  };
}
