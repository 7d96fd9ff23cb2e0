import { defaultEnvironments } from '@assay/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentOf, scopeOf } from './environment.js';

const aliases = ['champion', 'challenger', 'canary', 'shadow', 'stage:Production', 'eu-live'];

describe('environments', () => {
  it('put champion into production, challenger into staging and everything else into the first, by default', () => {
    const of = (pointer: string) => environmentOf(defaultEnvironments, pointer);
    expect(['champion', 'stage:Production', 'challenger', 'stage:Staging', 'canary'].map(of)).toEqual([
      'production',
      'production',
      'staging',
      'staging',
      'dev',
    ]);
  });

  it('share all pointers out: each lies in the scope of its own environment, and in no other', () => {
    const ordered = fc
      .tuple(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 }), fc.integer({ min: 1, max: 3 }))
      .map(([places, count]) =>
        Array.from({ length: count }, (_, index) => ({
          name: `e${index}`,
          aliases: aliases.filter((_alias, at) => places[at] === index),
        })),
      );
    fc.assert(
      fc.property(ordered, fc.constantFrom(...aliases, 'never-named'), (environments, pointer) => {
        const containing = environments.filter(({ name }) => {
          const scope = scopeOf(environments, name);
          return scope.names.includes(pointer) !== scope.others;
        });
        expect(containing.map(({ name }) => name)).toEqual([environmentOf(environments, pointer)]);
      }),
    );
  });
});
