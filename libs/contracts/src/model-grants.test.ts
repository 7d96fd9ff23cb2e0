import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelGrant, matches, mayOnModel, mayOnSomeModel } from './model-grants.js';

const grant = (effect: 'allow' | 'deny', pattern: string): ModelGrant => ({
  effect,
  pattern,
  permissions: ['registry:write'],
});
const may = (name: string, modelGrants: ModelGrant[], more = {}) =>
  mayOnModel({ permissions: [], modelGrants, ...more }, 'registry:write', name);

describe('a grant on models', () => {
  it('gives what roles do not, for the models that it names', () => {
    expect(may('credit-risk', [grant('allow', 'credit-*')])).toBe(true);
    expect(may('fraud', [grant('allow', 'credit-*')])).toBe(false);
    expect(mayOnModel({ permissions: [], modelGrants: [grant('allow', '*')] }, 'registry:read', 'x')).toBe(false);
  });

  it('loses to a denial, whichever comes first and whatever the roles give', () => {
    const both = [grant('allow', '*'), grant('deny', 'credit-*')];
    for (const grants of [both, both.toReversed()])
      expect(may('credit-risk', grants, { permissions: ['registry:write'] })).toBe(false);
    expect(may('fraud', both)).toBe(true);
  });

  it('stays within the scopes of a narrowed token', () => {
    const scopes = ['registry:read'];
    expect(may('x', [grant('allow', '*')], { scopes })).toBe(false);
    expect(mayOnSomeModel({ modelGrants: [grant('allow', '*')], scopes: ['registry:read'] }, 'registry:write')).toBe(
      false,
    );
    expect(mayOnSomeModel({ modelGrants: [grant('deny', '*')] }, 'registry:write')).toBe(false);
  });
});

describe('a pattern', () => {
  it('means what a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, letters, (text, name) => {
        const escaped = text.replaceAll(/[.\\]/g, String.raw`\$&`).replaceAll('*', '[^]*');
        expect(matches(text, name)).toBe(new RegExp(`^${escaped}$`).test(name));
      }),
      { numRuns: 5000 },
    );
  });

  it('takes no longer for many stars', () => {
    const before = process.threadCpuUsage(); // whatever else the machine does meanwhile
    expect(matches(`${'*a'.repeat(100)}*b`, 'a'.repeat(250))).toBe(false);
    const { user, system } = process.threadCpuUsage(before);
    expect(user + system).toBeLessThan(1_000_000);
  });
});
