import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProblems, parsePolicy } from './parse-policy.js';

const good = `policy: credit-risk-champion
guards:
  models: [credit-risk]
  pointers: [champion]
evidence:
  dataset: german-credit-holdout
  digest: "sha256:${'ab'.repeat(32)}"
gates:
  - { gate: metric-threshold, metric: auc, atLeast: 0.72 }
  - gate: group-gap
    column: sex
    metric: auc
    atMost: 0.15
  - { gate: not-worse-than-holder, metric: auc, margin: 0.01 }
  - { gate: evidence-age, atMost: 30d }
approvals:
  - role: approver
`;

function problems(text: string): string {
  const parsed = parsePolicy(text);
  return parsed.ok ? '' : describeProblems(parsed.problems);
}

/** What this thread has computed since, whatever else the machine has done meanwhile. */
function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

describe('a policy file', () => {
  it('is read with its defaults', () => {
    const parsed = parsePolicy(good);
    expect(parsed).toMatchObject({
      ok: true,
      document: {
        policy: 'credit-risk-champion',
        evidence: { threshold: 0.5 },
        gates: [
          { gate: 'metric-threshold', atLeast: 0.72 },
          { gate: 'group-gap', minGroupRows: 20 },
          { margin: 0.01 },
          { atMost: '30d' },
        ],
        approvals: [{ role: 'approver', count: 1 }],
        expiresAfter: '14d',
      },
    });
  });

  it('takes any metric that the run logged where self-reported values count, and groups, environments and orders', () => {
    const text = good
      .replace('metric: auc, atLeast: 0.72', 'metric: my_score, atLeast: 0.72, selfReported: allowed')
      .replace('  - { gate: evidence-age, atMost: 30d }\n', '')
      .replace('  pointers: [champion]', '  environments: [production]')
      .replace('  - role: approver', '  - { group: risk, count: 2 }\n  - role: approver\napprovalOrder: in-order');
    expect(parsePolicy(text)).toMatchObject({
      ok: true,
      document: {
        guards: { pointers: [], environments: ['production'] },
        gates: [{ metric: 'my_score', selfReported: 'allowed' }, {}, {}],
        approvals: [
          { group: 'risk', count: 2 },
          { role: 'approver', count: 1 },
        ],
        approvalOrder: 'in-order',
      },
    });
  });

  it.each([
    [
      'an unknown gate',
      'gate: evidence-age',
      'gate: moon-phase',
      'line 15, column 13: gates.3.gate: there is no such gate',
    ],
    [
      'an unknown metric',
      'metric: auc, atLeast',
      'metric: vibes, atLeast',
      "line 9, column 39: gates.0.metric: nothing measures 'vibes'",
    ],
    [
      'a threshold that nothing can pass',
      'atLeast: 0.72',
      'atLeast: 1.2',
      'line 9, column 53: gates.0.atLeast: nothing can pass 1.2',
    ],
    [
      'a threshold that everything passes',
      'atLeast: 0.72',
      'atLeast: 0',
      'line 9, column 53: gates.0.atLeast: everything passes 0',
    ],
    ['a gap below zero', 'atMost: 0.15', 'atMost: -0.1', 'line 13, column 13: gates.1.atMost: nothing can pass'],
    [
      'a gap as wide as the metric',
      'atMost: 0.15',
      'atMost: 1',
      'line 13, column 13: gates.1.atMost: everything passes 1',
    ],
    ['a threshold that is no number', 'atLeast: 0.72', 'atLeast: high', 'line 9, column 53: gates.0.atLeast'],
    [
      'a gate without a threshold',
      ', atLeast: 0.72',
      '',
      "line 9, column 39: gates.0.metric: say 'atLeast' or 'atMost'",
    ],
    ['a misspelt key', 'atLeast: 0.72', 'atleast: 0.72', 'line 9, column 53'],
    ['a misspelt key at the top', 'approvals:', 'aprovals:', "'aprovals' is no key here"],
    ['an unknown role', 'role: approver', 'role: king', 'line 17, column 11: approvals.0.role: there is no such role'],
    [
      'no approval',
      '  - role: approver\n',
      '  []\n',
      'line 17, column 3: approvals: a guarded pointer needs at least one approval',
    ],
    ['a malformed digest', 'sha256:ab', 'md5:ab', 'line 7, column 11: evidence.digest'],
    ['a wrong duration', '30d', '30 days', 'line 15, column 35: gates.3.atMost'],
    ['a pointer that MLflow reserves', '[champion]', '[latest]', 'line 4, column 14: guards.pointers.0'],
    [
      'a gate whose facts nothing produces, by name',
      'gate: evidence-age',
      'gate: artifact-scan',
      "line 15, column 13: gates.3.gate: nothing produces the facts of 'artifact-scan' yet",
    ],
    [
      'a threshold between bounds that exclude each other',
      'atLeast: 0.72',
      'atLeast: 0.9, atMost: 0.8',
      'line 9, column 66: gates.0.atMost: nothing is at least 0.9 and at most 0.8',
    ],
    [
      'a metric of the run’s own where only the platform’s facts count',
      'metric: auc, atLeast',
      'metric: my_score, atLeast',
      "line 9, column 39: gates.0.metric: nothing measures 'my_score'",
    ],
    [
      'a confidence that is none',
      'margin: 0.01',
      'margin: 0.01, confidence: 1',
      'line 14, column 75: gates.2.confidence: a confidence lies between 0.8 and 0.999',
    ],
    [
      'a confidence about a metric that has no interval',
      'not-worse-than-holder, metric: auc, margin: 0.01',
      'not-worse-than-holder, metric: calibration_error, margin: 0.01, confidence: 0.95',
      'line 14, column 89: gates.2.confidence: a difference of calibration_error has no interval that could be relied on',
    ],
    [
      'a metric that no recipe measures',
      'metric: auc, atLeast: 0.72',
      'metric: rmse, atMost: 12',
      "line 9, column 39: gates.0.metric: nothing measures 'rmse'",
    ],
    [
      'edges that do not grow',
      'column: sex',
      'column: sex\n    edges: [40, 25]',
      'line 12, column 12: gates.1.edges: edges must grow',
    ],
    [
      'an age of what only its author dates',
      'metric: auc, atLeast: 0.72',
      'metric: my_score, atLeast: 0.72, selfReported: allowed',
      "line 15, column 13: gates.3.gate: this never passes: nobody but its author says how old the self-reported 'my_score' is",
    ],
    [
      'a program as approver',
      'role: approver',
      'role: service',
      "line 17, column 11: approvals.0.role: 'service' is no role of people",
    ],
    [
      'an approver twice',
      '  - role: approver\n',
      '  - role: approver\n  - role: approver\n',
      'line 18, column 11: approvals.1.role: approver is named twice',
    ],
    [
      'a cycle of approvers',
      '  - role: approver\n',
      '  - role: approver\n  - group: risk\n  - role: approver\n',
      'line 19, column 11: approvals.2.role: a cycle of approvers: approver comes before and after group:risk',
    ],
    [
      'a role and a group in one line',
      'role: approver',
      'role: approver\n    group: risk',
      "line 18, column 12: approvals.0.group: say 'role' or 'group', not both",
    ],
    ['an approval by nobody', 'role: approver', 'count: 2', "line 17, column 5: approvals.0: say 'role' or 'group'"],
    ['a file that guards nothing', '  pointers: [champion]\n', '', 'line 3, column 3: guards: guards nothing'],
    [
      'an order that there is not',
      'approvals:',
      'approvalOrder: random\napprovals:',
      "line 16, column 16: approvalOrder: an order is 'parallel' or 'in-order'",
    ],
  ])('refuses %s, with line and column', (_, from, to, expected) => {
    expect(problems(good.replace(from, to))).toContain(expected);
  });

  it('names what is missing', () => {
    expect(problems(good.replace(/gates:[^]*(?=approvals)/, ''))).toContain("'gates' is missing");
  });

  it('refuses a key given twice', () => {
    expect(problems(`${good}approvals: []\n`)).toMatch(/line 18, column 1: .*unique/i);
  });

  it.each([
    ['an anchor of a single value', 'description: &d x', 'line 18, column 17: anchors are not allowed'],
    ['a tag, also one of YAML’s own', 'description: !!str x', 'line 18, column 20: tags are not allowed'],
    ['a key that JavaScript reads as something else', '__proto__: x', 'line 18, column 1: a key must be plain text'],
    ['a key that is a number', '7: x', 'line 18, column 1: a key must be plain text'],
    ['an empty key', ': x', 'line 18, column 1: a key must be plain text'],
    ['a change of direction in a comment', '# \u202e x', 'line 18, column 3: U+202E does not show as what it is'],
    ['a line end that not every reader knows', 'description: a\u2028b', 'line 18, column 15: U+2028 does not show'],
    ['a zero byte, written out', 'description: "a\\0b"', 'line 18, column 14: U+0000 does not show as what it is'],
    [
      'half a character, written out',
      'description: "\\ud800"',
      'line 18, column 14: U+D800 does not show as what it is',
    ],
    ['a number that is none', 'expiresAfter: .nan', 'line 18, column 15: expiresAfter: Invalid input'],
    [
      'what goes wrong in one of several shapes, where it does',
      'rollback: { approvals: [{ role: king }] }',
      'line 18, column 33: rollback.approvals.0.role: there is no such role',
    ],
  ])('refuses %s', (_, line, expected) => {
    expect(problems(`${good}${line}\n`)).toContain(expected);
  });

  it('refuses directives: they change how the rest is read', () => {
    expect(problems(`%YAML 1.1\n---\n${good}`)).toContain('line 1, column 1: directives');
    expect(problems(`%TAG ! tag:example.com,2026:\n---\n${good}`)).toContain('line 1, column 1: directives');
  });

  it('reads the line ends of other systems, a byte order mark and other scripts', () => {
    expect(problems(`\ufeff${good}description: "größer 🙂"\n`.replaceAll('\n', '\r\n'))).toBe('');
  });

  it('refuses anchors, aliases and tags', () => {
    expect(problems(good.replace('[credit-risk]', '&m [credit-risk]').replace('[champion]', '*m'))).toMatch(
      /line 3, column \d+: anchors.*line 4, column 13: aliases/,
    );
    expect(problems(good.replace('0.72', '!!js/function "x"'))).not.toBe('');
  });

  it('refuses broken YAML where it breaks', () => {
    expect(problems(good.replace('[credit-risk]', '[credit-risk'))).toMatch(/^line \d+, column \d+: /);
    expect(problems('')).toMatch(/^line 1, column 1/);
    expect(problems('- a\n- b\n')).toMatch(/^line 1, column 1/);
  });

  it.each([
    ['brackets', '['.repeat(60_000)],
    ['lists', '- '.repeat(30_000)],
    ['keys', '? '.repeat(30_000)],
    ['maps', '{a: '.repeat(15_000)],
    ['lists over lines', Array.from({ length: 20_000 }, () => '-').join('\n ')],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['brackets over lines', '[\n'.repeat(30_000)],
    ['brackets over indented lines', `x: ${'[\n '.repeat(10_000)}`],
    ['and closed brackets', `x: ${'[\n '.repeat(5000)}${']\n '.repeat(5000)}`],
  ])('refuses nested %s fast', (_, text) => {
    const before = process.threadCpuUsage();
    expect(problems(text)).not.toBe('');
    expect(millisecondsSince(before)).toBeLessThan(3000);
  });

  it.each([
    ['unknown keys', `${good}${Array.from({ length: 4000 }, (_, key) => `k${key}: 1`).join('\n')}`],
    ['broken escapes', `"${'\\q'.repeat(16_000)}"`],
    ['tabs', '\t: x\n'.repeat(8000)],
  ])('tells the first of many problems, fast: %s', (_, text) => {
    const before = process.threadCpuUsage();
    const parsed = parsePolicy(text);
    expect(millisecondsSince(before)).toBeLessThan(2000);
    expect(!parsed.ok && parsed.problems.length).toBe(20);
  });

  it('refuses a key that is no text', () => {
    expect(problems(`? [a, b]\n: 1\n${good}`)).toContain('a key must be plain text');
  });

  it('guards every alias that a model can have', () => {
    for (const alias of ['größe_1', '本番', 'stage:Production', 'a'.repeat(255)])
      expect(
        problems(good.replace('[champion]', `["${alias}"]`).replace('[credit-risk]', `["${'m'.repeat(256)}"]`)),
      ).toBe('');
  });

  it('says where a name lies that only the server can check', () => {
    const parsed = parsePolicy(good);
    expect(parsed.ok && parsed.at(['guards', 'models', 0])).toEqual({ line: 3, column: 12 });
  });

  it('never throws, and places every problem inside the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(good.length), fc.nat(30), (noise, start, cut) => {
        const text = good.slice(0, start) + noise + good.slice(start + cut);
        const parsed = parsePolicy(text);
        const height = text.split('\n').length;
        if (!parsed.ok)
          for (const { line, column } of parsed.problems) expect(line >= 1 && line <= height && column >= 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
