import { type PolicyDocument, policyDocument } from '@assay/contracts';
import { type Document, LineCounter, type YAMLMap, isMap, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { core } from 'zod';

/** One thing wrong with a policy file, and where. Lines and columns count from 1. */
export interface PolicyProblem {
  line: number;
  column: number;
  message: string;
}

export type ParsedPolicy =
  | { ok: true; document: PolicyDocument; at: (path: readonly PropertyKey[]) => Position }
  | { ok: false; problems: PolicyProblem[] };

/** More list marks on one line, more spaces before it, or more open brackets, than a policy that people read has. */
const maxOpened = 200;
const maxIndent = 40;
const maxDepth = 50;
/** Nobody mends more at once. */
const mostProblems = 20;
/** Characters that a reader doesn't see, or sees somewhere else than the server: controls, other line ends, changes of direction. */
const unseen = /(?![\n\t])\p{Cc}|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

type Position = { line: number; column: number };

/**
 * Reads a policy file: YAML 1.2, one document, no anchors, aliases, tags or directives, and no text that shows otherwise than it is read, so
 * that what a reader sees is what the server evaluates. Every problem names its line and column.
 */
export function parsePolicy(text: string): ParsedPolicy {
  const refused = firstUnreadableLine(text);
  if (refused !== null) return { ok: false, problems: [refused] };
  const lines = new LineCounter();
  const yaml = parseDocument(text, {
    prettyErrors: false,
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    uniqueKeys: false, // compares each key with each: `repeatedKeys`
    strict: true,
    merge: false,
  });
  const written = [...yaml.errors, ...yaml.warnings].map(({ pos, message }) => ({ ...at(lines, pos[0]), message }));
  if (written.length > 0) return { ok: false, problems: written.slice(0, mostProblems) };
  const tricks = indirections(yaml, lines);
  if (tricks.length > 0) return { ok: false, problems: tricks.slice(0, mostProblems) };
  const positionOf = (path: readonly PropertyKey[]): Position => at(lines, offsetOf(yaml, path));
  const parsed = policyDocument.safeParse(yaml.toJS({ maxAliasCount: 0 }), { reportInput: true });
  if (parsed.success) return { ok: true, document: parsed.data, at: positionOf };
  const problems = parsed.error.issues
    .flatMap((issue) => problemsOf(issue))
    .slice(0, mostProblems)
    .map(({ path, message }) => ({ ...positionOf(path), message }));
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** One sentence per problem, as an editor would show them. */
export function describeProblems(problems: readonly PolicyProblem[]): string {
  return problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`).join('; ');
}

interface Misfit {
  path: readonly PropertyKey[];
  message: string;
}

function problemsOf(issue: core.$ZodIssue): Misfit[] {
  if (issue.code === 'invalid_union') {
    // Of several shapes the one that was meant is the one that fits furthest in.
    const shapes = issue.errors.map((issues) =>
      issues.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] })),
    );
    const depth = (misfits: readonly Misfit[]) => Math.max(...misfits.map(({ path }) => path.length));
    const meant = shapes.toSorted((a, b) => depth(b) - depth(a))[0];
    if (meant !== undefined) return meant;
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `'${key}' is no key here` }));
  const name = issue.path.at(-1);
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [
    {
      path: issue.path,
      message: missing
        ? `'${String(name)}' is missing`
        : `${issue.path.map(String).join('.') || 'the policy'}: ${issue.message}`,
    },
  ];
}

/**
 * The first line that shows otherwise than it is read, or that opens more nesting than any policy needs; null where there is none. The parser's
 * time grows with the square of the depth, so this is looked at before it runs: `- ` and `? ` on one line, indentation, and open brackets.
 */
function firstUnreadableLine(text: string): PolicyProblem | null {
  let depth = 0;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const hidden = unseen.exec(line);
    if (hidden !== null)
      return {
        line: index + 1,
        column: hidden.index + 1,
        message: unseenText(hidden[0]),
      };
    const opened = line.match(/[[{]|(?:^|\s)[-?](?=\s)/g)?.length ?? 0;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    depth = Math.max(0, depth + (line.match(/[[{]/g)?.length ?? 0) - (line.match(/[\]}]/g)?.length ?? 0));
    if (opened > maxOpened || indent > maxIndent || depth > maxDepth)
      return { line: index + 1, column: 1, message: 'the policy is nested too deeply' };
  }
  return null;
}

function unseenText(character: string): string {
  const codePoint = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${codePoint} does not show as what it is`;
}

function indirections(yaml: Document, lines: LineCounter): PolicyProblem[] {
  const found: PolicyProblem[] = [];
  const { yaml: version, tags } = yaml.directives ?? {};
  if (version?.explicit === true || Object.keys(tags ?? {}).some((handle) => handle !== '!!'))
    found.push({ line: 1, column: 1, message: 'directives (%YAML, %TAG) are not allowed' });
  visit(yaml, {
    Pair: (_, { key }) => {
      if (isScalar(key) && typeof key.value === 'string' && key.value !== '__proto__') return undefined;
      found.push({ ...at(lines, isNode(key) ? (key.range?.[0] ?? 0) : 0), message: 'a key must be plain text' });
      return visit.SKIP; // what lies in a key can't be shown as JavaScript in bounded time
    },
    Alias: (_, node) =>
      void found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'aliases are not allowed: write the value out' }),
    Node: (_, node) => {
      const hidden = isScalar(node) && typeof node.value === 'string' ? unseen.exec(node.value) : null;
      if (hidden !== null)
        found.push({
          ...at(lines, node.range?.[0] ?? 0),
          message: unseenText(hidden[0]),
        });
      if (isMap(node)) found.push(...repeatedKeys(node, lines));
      if ('anchor' in node && node.anchor)
        found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'anchors are not allowed: write the value out' });
      if (node.tag !== undefined) found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'tags are not allowed' });
    },
  });
  return found;
}

function repeatedKeys({ items }: YAMLMap, lines: LineCounter): PolicyProblem[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    if (seen.has(key.value)) return [{ ...at(lines, key.range?.[0] ?? 0), message: 'map keys must be unique' }];
    seen.add(key.value);
    return [];
  });
}

/** Where a path lies in the text: its key for a key that is there, else the nearest thing around it. */
function offsetOf(yaml: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? yaml.contents : yaml.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
      if (pair && length < path.length && isNode(pair.value)) return pair.value.range?.[0] ?? 0;
      if (pair)
        return isNode(pair.value) && pair.value.range
          ? pair.value.range[0]
          : isNode(pair.key)
            ? (pair.key.range?.[0] ?? 0)
            : 0;
    }
    const node: unknown = yaml.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(yaml.contents) ? (yaml.contents.range?.[0] ?? 0) : 0;
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
