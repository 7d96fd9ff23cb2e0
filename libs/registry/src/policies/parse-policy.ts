import { type PolicyDocument, policyDocument } from '@assay/contracts';
import { type Document, LineCounter, isMap, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
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

/** More brackets or list marks on one line, or more spaces before it, than a policy that people read has. */
const maxOpened = 200;
const maxIndent = 40;

type Position = { line: number; column: number };

/**
 * Reads a policy file: YAML 1.2, one document, no anchors, aliases or tags, so that what a reader sees is what the server evaluates.
 * Every problem names its line and column.
 */
export function parsePolicy(text: string): ParsedPolicy {
  const deep = firstDeepLine(text);
  if (deep !== null) return { ok: false, problems: [{ ...deep, message: 'the policy is nested too deeply' }] };
  const lines = new LineCounter();
  const yaml = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    merge: false,
  });
  const written = [...yaml.errors, ...yaml.warnings].map(({ pos, message }) => ({
    ...at(lines, pos[0]),
    message: firstLine(message),
  }));
  if (written.length > 0) return { ok: false, problems: written };
  const tricks = indirections(yaml, lines);
  if (tricks.length > 0) return { ok: false, problems: tricks };
  const positionOf = (path: readonly PropertyKey[]): Position => at(lines, offsetOf(yaml, path));
  const parsed = policyDocument.safeParse(yaml.toJS({ maxAliasCount: 0 }), { reportInput: true });
  if (parsed.success) return { ok: true, document: parsed.data, at: positionOf };
  const problems = parsed.error.issues.flatMap((issue) =>
    problemsOf(issue).map(({ path, message }) => ({ ...positionOf(path), message })),
  );
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** One sentence per problem, as an editor would show them. */
export function describeProblems(problems: readonly PolicyProblem[]): string {
  return problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`).join('; ');
}

function problemsOf(issue: core.$ZodIssue): { path: readonly PropertyKey[]; message: string }[] {
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
 * Where a line opens more nesting than any policy needs, or null. The parser's time grows with the square of the depth, so this is looked
 * at before it runs: brackets, `- ` and `? ` on one line, and indentation.
 */
function firstDeepLine(text: string): Position | null {
  for (const [index, line] of text.split('\n').entries()) {
    const opened = line.match(/[[{]|(?:^|\s)[-?](?=\s)/g)?.length ?? 0;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    if (opened > maxOpened || indent > maxIndent) return { line: index + 1, column: 1 };
  }
  return null;
}

function indirections(yaml: Document, lines: LineCounter): PolicyProblem[] {
  const found: PolicyProblem[] = [];
  visit(yaml, {
    Pair: (_, { key }) => {
      if (isScalar(key)) return undefined;
      found.push({ ...at(lines, isNode(key) ? (key.range?.[0] ?? 0) : 0), message: 'a key must be plain text' });
      return visit.SKIP; // what lies in a key can't be shown as JavaScript in bounded time
    },
    Alias: (_, node) =>
      void found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'aliases are not allowed: write the value out' }),
    Node: (_, node) => {
      if ('anchor' in node && node.anchor)
        found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'anchors are not allowed: write the value out' });
      if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:'))
        found.push({ ...at(lines, node.range?.[0] ?? 0), message: 'tags are not allowed' });
    },
  });
  return found;
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

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
