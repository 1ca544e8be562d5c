export type Language = 'pandas' | 'sql';

export interface Token {
  kind: 'plain' | 'comment' | 'string' | 'number' | 'word';
  text: string;
}

const PYTHON_WORDS = 'import|from|as|for|in|if|else|not|and|or|is|None|True|False|del|def|return|lambda|with';
const SQL_WORDS =
  'SELECT|FROM|WHERE|AND|OR|NOT|UPDATE|SET|INSERT|INTO|VALUES|DELETE|ALTER|TABLE|ADD|DROP|RENAME|COLUMN|TO|TYPE|CASE|WHEN|THEN|ELSE|END|CAST|TRY_CAST|AS|NULL|IS|IN|ORDER|BY|LIMIT|TRUE|FALSE|USING|BETWEEN|LIKE|CREATE|REPLACE|WITH|EXCLUDE';

const PATTERNS: Record<Language, RegExp> = {
  pandas: new RegExp(
    `(?<comment>#[^\\n]*)|(?<string>[rbf]?"(?:\\\\.|[^"\\\\\\n])*"|[rbf]?'(?:\\\\.|[^'\\\\\\n])*')|(?<number>\\b\\d[\\d_]*(?:\\.\\d+)?(?:e[-+]?\\d+)?\\b)|\\b(?<word>${PYTHON_WORDS})\\b`,
    'g'
  ),
  sql: new RegExp(
    `(?<comment>--[^\\n]*)|(?<string>'(?:''|[^'])*')|"(?:""|[^"])*"|(?<number>\\b\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?\\b)|\\b(?<word>${SQL_WORDS})\\b`,
    'gi'
  )
};

/** Code in pieces to be coloured; joined they are the code again. */
export function highlight(code: string, language: Language): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of code.matchAll(PATTERNS[language])) {
    const { comment, string, number, word } = match.groups ?? {};
    const kind = comment ? 'comment' : string ? 'string' : number ? 'number' : word ? 'word' : 'plain';
    if (match.index > end) {
      tokens.push({ kind: 'plain', text: code.slice(end, match.index) });
    }
    tokens.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < code.length) {
    tokens.push({ kind: 'plain', text: code.slice(end) });
  }
  return tokens;
}
