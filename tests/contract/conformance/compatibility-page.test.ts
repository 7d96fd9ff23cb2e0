import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { exceptions } from './exceptions.js';

it('docs/mlflow-compatibility.md lists every exception with its reason', () => {
  const page = readFileSync(new URL('../../../docs/mlflow-compatibility.md', import.meta.url), 'utf8');
  const rows = exceptions.map(({ case: name, reason }) => `| ${name} | ${reason} |`);
  const table = ['| case | why |', '|---|---|', ...rows].join('\n');
  expect(/<!-- exceptions -->\n\n(.*)\n\n<!-- \/exceptions -->/s.exec(page)?.[1]).toBe(table);
});
