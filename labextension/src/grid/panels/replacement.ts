/** What is looked for, as in the find bar. */
export interface Pattern {
  text: string;
  case: boolean;
  whole: boolean;
  regex: boolean;
}

function expression({ text, case: matchCase, whole, regex }: Pattern): RegExp {
  const source = regex ? text : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(whole ? `^(?:${source})$` : source, matchCase ? 'gu' : 'giu');
}

/** Group references as Python writes them (`\1`, `\g<name>`), which is what replacing everything uses, as JavaScript's. */
function references(replacement: string): string {
  return replacement
    .replace(/\$/g, '$$$$')
    .replace(/\\g<(\d+)>/g, '$$$1')
    .replace(/\\g<(\w+)>/g, '$$<$1>')
    .replace(/\\(\d)/g, '$$$1');
}

/** One cell's text after the replacement, or null where the browser cannot read the regular expression. */
export function replaceText(text: string, pattern: Pattern, replacement: string): string | null {
  try {
    const found = expression(pattern);
    return pattern.regex ? text.replace(found, references(replacement)) : text.replace(found, () => replacement);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}
