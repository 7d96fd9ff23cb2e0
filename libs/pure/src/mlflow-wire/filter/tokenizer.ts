/** One token of a filter string, with the place where it starts. */
export type Token =
  | {
      readonly type: 'word' | 'number' | 'operator' | 'punctuation' | 'unknown';
      readonly text: string;
      readonly at: number;
    }
  | { readonly type: 'quoted'; readonly quote: Quote; readonly text: string; readonly at: number };

export type Quote = "'" | '"' | '`';

const shapes =
  /\s+|(?<word>[A-Za-z_]\w*(?:\.\w+)*\.?)|(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?<operator><=|>=|!=|<>|=|<|>)|(?<punctuation>[(),])|'(?<single>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|`(?<back>(?:[^`]|``)*)`/y;

/** Cuts a filter string into tokens. A character that starts no token becomes an `unknown` token, for the parser to refuse. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    shapes.lastIndex = at;
    const match = shapes.exec(source);
    if (match === null) {
      tokens.push({ type: 'unknown', text: source.slice(at), at });
      return tokens;
    }
    const token = toToken(match.groups ?? {}, at);
    if (token !== null) tokens.push(token);
    at += match[0].length;
  }
  return tokens;
}

function toToken(groups: Record<string, string | undefined>, at: number): Token | null {
  if (groups.word !== undefined) return { type: 'word', text: groups.word, at };
  if (groups.number !== undefined) return { type: 'number', text: groups.number, at };
  if (groups.operator !== undefined) return { type: 'operator', text: groups.operator, at };
  if (groups.punctuation !== undefined) return { type: 'punctuation', text: groups.punctuation, at };
  if (groups.single !== undefined) return { type: 'quoted', quote: "'", text: groups.single.replaceAll("''", "'"), at };
  if (groups.double !== undefined) return { type: 'quoted', quote: '"', text: groups.double.replaceAll('""', '"'), at };
  if (groups.back !== undefined) return { type: 'quoted', quote: '`', text: groups.back.replaceAll('``', '`'), at };
  return null;
}

/** Writes a text between quotes so that the tokenizer gives it back. */
export function quoted(text: string, quote: Quote): string {
  return `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
}
