import type { Lineage } from '@assay/contracts';
import { describe, expect, it } from 'vitest';
import { aCommandLine } from '../command-line.builder.js';

const node = (kind: Lineage['nodes'][number]['kind'], id: string, name: string, facts = {}) => ({
  key: `${kind}/${id}`,
  kind,
  id,
  name,
  at: null,
  facts,
});
const edge = (from: string, to: string, relation: string) => ({ from, to, relation });

const found: Lineage = {
  root: 'model-version/m:2',
  nodes: [
    node('model-version', 'm:2', 'credit:2'),
    node('run', 'r1', 'a "good" run'),
    node('dataset-version', 'd:1', 'applicants:1'),
    node('pointer-move', 'p1', 'credit@champion', { version: '2' }),
    node('job', 'j1', 'score'),
  ],
  edges: [
    edge('run/r1', 'model-version/m:2', 'was registered from'),
    edge('dataset-version/d:1', 'run/r1', 'read for training'),
    edge('model-version/m:2', 'pointer-move/p1', 'moved to'),
    edge('model-version/m:2', 'job/j1', 'read'),
    edge('pointer-move/p1', 'job/j1', 'took what it holds'),
    edge('job/j1', 'model-version/m:2', 'a circle'),
  ],
  truncated: false,
};

describe('assay lineage', () => {
  it('draws both ways as trees, and a circle once', async () => {
    const line = aCommandLine(() => ({ json: found }));
    const { code, out } = await line.run('lineage', 'show', 'model', 'credit:2');
    expect(code).toBe(0);
    expect(line.sent[0]?.path).toBe('/api/v1/lineage/model-version/credit%3A2?direction=both');
    expect(out).toBe(`model-version credit:2
made of
├── run a "good" run r1 · was registered from
│   └── dataset-version applicants:1 · read for training
└── job score j1 · a circle
    ├── model-version credit:2 · read
    └── pointer-move credit@champion (2) · took what it holds
        └── model-version credit:2 · moved to
went into
├── pointer-move credit@champion (2) · moved to
│   └── job score j1 · took what it holds
│       └── model-version credit:2 · a circle
└── job score j1 · read …
`);
  });

  it('writes Mermaid and Graphviz, whose quotes a name can not leave', async () => {
    const drawn = async (format: string) =>
      (await aCommandLine(() => ({ json: found })).run('lineage', 'show', 'run', 'r1', '--format', format)).out;
    const mermaid = await drawn('mermaid');
    expect(mermaid).toContain('n1["run a #quot;good#quot; run r1"]');
    expect(mermaid).toContain('n1 -->|"was registered from"| n0');
    const dot = await drawn('dot');
    expect(dot).toContain(String.raw`"run/r1" [label="run a \"good\" run r1"];`);
    expect(dot).toContain('"dataset-version/d:1" -> "run/r1" [label="read for training"];');
  });

  it('tells what a dataset version went into, whichever page says so, and each thing once', async () => {
    const version = (number: string) => ({
      model: 'credit',
      modelId: 'm',
      version: number,
      because: 'trained',
      at: null,
    });
    const uses = {
      dataset: 'applicants:1',
      digest: 'ab'.repeat(32),
      sameContent: ['copy:1'],
      runs: [{ id: 'r1', name: 'first', use: 'training', at: null }],
      versions: [version('2')],
      evaluations: [],
      pointers: [{ model: 'credit', pointer: 'champion', version: '2', from: '2026-01-01T00:00:00.000Z', until: null }],
      truncated: false,
      nextPageToken: 'next',
    };
    const last = { ...uses, runs: [], versions: [version('2'), version('3')], nextPageToken: null };
    const line = aCommandLine(({ path }) => ({ json: path.includes('pageToken') ? last : uses }));
    const { code, out } = await line.run('lineage', 'used-by', 'applicants:1');
    const path = '/api/v1/datasets/applicants/versions/1/used-by';
    expect([code, line.sent.map((each) => each.path)]).toEqual([0, [path, `${path}?pageToken=next`]]);
    for (const part of ['copy:1', 'credit:3', 'trained', 'credit@champion', '2026-01-01']) expect(out).toContain(part);
    expect(out.split('credit:2')).toHaveLength(2);
  });

  it('refuses a kind that there is not', async () => {
    expect((await aCommandLine().run('lineage', 'show', 'nonsense', 'x')).code).toBe(2);
  });
});
