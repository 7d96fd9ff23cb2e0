import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { problemOf } from './query-limits.js';

const problem = (query: string): string | null => problemOf(parse(query));
const many = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');

describe('limits of a GraphQL document', () => {
  it('takes one within them', () => {
    expect(problem('{ a { b { c } } }')).toBeNull();
    expect(problem(`{ ${many(10, (at) => `f${at}: test`)} }`)).toBeNull();
  });

  it('ends at fragments that name themselves, each other, or nothing', () => {
    expect(problem('{ ...A } fragment A on Q { ...A a }')).toBeNull();
    expect(problem('{ ...A } fragment A on Q { ...B } fragment B on Q { ...A ...Missing }')).toBeNull();
    expect(problem('{ ...A } fragment A on Q { a { ...A } }')).toBe('Query exceeds maximum depth of 10');
  });

  it('counts what fragments multiply', () => {
    const fragments = many(
      8,
      (at) => `fragment F${at} on Q { x { ...F${at + 1} } y { ...F${at + 1} } z { ...F${at + 1} } }`,
    );
    expect(problem(`{ ...F0 } ${fragments} fragment F8 on Q { a b c }`)).toBe(
      'Query exceeds maximum total selections of 1000',
    );
  });

  it('refuses a fragment that no operation comes to, or that another hides, however long it is', () => {
    const long = many(5000, () => 'test { output }');
    expect(problem(`{ ...A } fragment A on Q { a } fragment B on Q { ${long} }`)).toBe('Fragment "B" is never used.');
    expect(problem(`{ ...A } fragment A on Q { ${long} } fragment A on Q { a }`)).toBe(
      'There can be only one fragment named "A".',
    );
  });

  it('adds the aliases of all fragments of a level', () => {
    const half = (letter: string): string => many(6, (at) => `${letter}${at}: name`);
    expect(problem(`{ e { ... on E { ${half('a')} } ...Rest } } fragment Rest on E { ${half('b')} }`)).toBe(
      'GraphQL queries should have at most 10 aliases, got 12 aliases.',
    );
  });

  it('adds the root fields of all operations', () => {
    expect(problem(`query a { ${many(6, () => 'test')} } query b { ${many(6, () => 'test')} }`)).toBe(
      'GraphQL queries should have at most 10 root fields, got 12 root fields.',
    );
  });
});
