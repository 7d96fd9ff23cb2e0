import type { Lineage, LineageNode } from '@assay/contracts';

/** What stands for a node: its kind, its name and, where one name may stand for several, its id. */
function label({ kind, name, id, facts }: LineageNode): string {
  const more = facts['version'] ?? facts['verdict'] ?? facts['state'];
  const short = kind === 'run' || kind === 'logged-model' || kind === 'job' ? ` ${id.slice(0, 13)}` : '';
  return `${kind} ${name}${short}${more === undefined ? '' : ` (${more})`}`;
}

/**
 * Two trees from the root: what it was made of, and what was made of it. What was shown with its branches before is named again without
 * them, so a circle ends.
 */
export function lineageTree({ root, nodes, edges, truncated }: Lineage): string {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const lines: string[] = [];
  const side = (title: string, near: 'from' | 'to', far: 'from' | 'to'): void => {
    const shown = new Set<string>();
    const branches = (key: string, indent: string): void => {
      const own = edges.filter((edge) => edge[near] === key && byKey.has(edge[far]));
      for (const [place, edge] of own.entries()) {
        const last = place === own.length - 1;
        const node = byKey.get(edge[far]);
        const again = shown.has(edge[far]) && edges.some((each) => each[near] === edge[far]);
        if (node === undefined) continue;
        lines.push(`${indent}${last ? '└── ' : '├── '}${label(node)} · ${edge.relation}${again ? ' …' : ''}`);
        if (shown.has(edge[far]) || edge[far] === root) continue;
        shown.add(edge[far]);
        branches(edge[far], `${indent}${last ? '    ' : '│   '}`);
      }
    };
    if (edges.some((edge) => edge[near] === root)) {
      lines.push(title);
      branches(root, '');
    }
  };
  const start = byKey.get(root);
  lines.push(start === undefined ? root : label(start));
  side('made of', 'to', 'from');
  side('went into', 'from', 'to');
  if (truncated) lines.push('There is more: ask with a larger --depth or --limit.');
  return `${lines.join('\n')}\n`;
}

/** For https://mermaid.js.org: quotes are its only special character within a label. */
export function lineageMermaid({ nodes, edges }: Lineage): string {
  const names = new Map(nodes.map(({ key }, place) => [key, `n${place}`]));
  return [
    'flowchart LR',
    ...nodes.map((node, place) => `  n${place}["${label(node).replaceAll('"', '#quot;')}"]`),
    ...edges.map(
      ({ from, to, relation }) => `  ${names.get(from)} -->|"${relation.replaceAll('"', '#quot;')}"| ${names.get(to)}`,
    ),
    '',
  ].join('\n');
}

/** For Graphviz. */
export function lineageDot({ nodes, edges }: Lineage): string {
  const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
  return [
    'digraph lineage {',
    '  rankdir=LR;',
    ...nodes.map((node) => `  ${quoted(node.key)} [label=${quoted(label(node))}];`),
    ...edges.map(({ from, to, relation }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(relation)}];`),
    '}',
    '',
  ].join('\n');
}
