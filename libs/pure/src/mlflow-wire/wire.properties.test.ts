import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as wire from './index.js';

/** Ten thousand in CI; a million before a release. */
const numRuns = Number(process.env['ASSAY_TEST_CASES'] ?? 10_000);
const patient = { timeout: 3_600_000 };

const kinds: readonly wire.SearchKind[] = [
  'runs',
  'experiments',
  'registered-models',
  'model-versions',
  'logged-models',
  'traces',
];
const words =
  'metrics metric params parameters tags tag attributes attribute attr run dataset datasets trace span feedback . ` " \' = != < <= > >= LIKE ilike IN NOT IS NULL AND and OR ( ) , % _ 1 -2.5 1e400 NaN name status run_id start_time version_number lr auc x é \\ \u0000 \ud800 DESC asc'.split(
    ' ',
  );
/** Texts that are nearly filters: the words of the grammar in any order, with any text between them. */
const filterLike = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() }), {
    maxLength: 16,
  })
  .chain((parts) => fc.constantFrom(' ', '').map((between) => parts.join(between)));

/** What a parser answers: its value, or the refusal that is meant for the caller. Anything else fails the test. */
function answer<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof wire.SearchSyntaxError) return null;
    throw error;
  }
}

const requests = Object.entries(wire).flatMap(([name, value]): [string, z.ZodType][] =>
  value instanceof z.ZodType && /(?:Request|Query)$/.test(name) ? [[name, value]] : [],
);

function fieldsOf(schema: z.ZodType): string[] {
  return Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {});
}

/** Any JSON, in part under the very names that a request has. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 9_007_199_254_740_992, '', 'NaN', 'TRUE', '0', 'x'),
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom('key', 'value', 'timestamp', 'step', 'dataset', 'tags', 'model_id', 'name', '__proto__'),
      tie('value'),
    ),
  ),
})).value;
const anyRequest = fc.constantFrom(...requests).chain(([name, schema]) => {
  const fields = fieldsOf(schema);
  const names =
    fields.length === 0
      ? fc.string()
      : fc.oneof(fc.constantFrom(...fields), fc.constantFrom(...fields.map(wire.camelCase)));
  return fc.oneof(anything, fc.dictionary(names, anything)).map((input) => ({ name, schema, input }));
});

const pathPiece = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '..',
      '.',
      '/',
      '%2e',
      '%2f',
      '%252e',
      '%252f',
      '%5c',
      '\\',
      ';',
      '#',
      '?',
      '%00',
      'C:',
      'artifacts',
      'models',
      '1',
      'a',
      'b.txt',
      '０',
      '．．',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('0'.repeat(32), `m-${'a'.repeat(32)}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
);
const anyPath = fc.array(pathPiece, { maxLength: 14 }).map((pieces) => pieces.join(''));

/** Every text that some server behind us could make of a path by decoding it. */
function decodings(path: string): string[] {
  const found = [path];
  for (let round = 0; round < 12; round += 1) {
    const last = found.at(-1) ?? '';
    const next = last.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
      try {
        return decodeURIComponent(encoded);
      } catch {
        return encoded;
      }
    });
    if (next === last) break;
    found.push(next);
  }
  return found;
}

function staysInside(path: string): boolean {
  return decodings(path).every(
    (text) =>
      !text.startsWith('/') &&
      !/[\\#\p{Cc}]/u.test(text) &&
      !text.split('/').some((part) => part === '..' || part === '.'),
  );
}

describe(`properties of the wire, ${numRuns} cases each`, () => {
  it('a filter is read or refused, and what was read prints as a filter that means the same', patient, () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), filterLike, (kind, source) => {
        const read = answer(() => wire.parseFilter(kind, source));
        if (read !== null) expect(wire.parseFilter(kind, wire.printFilter(read))).toEqual(read);
      }),
      { numRuns },
    );
  });

  it('an order is read or refused', patient, () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.array(filterLike, { maxLength: 3 }), (kind, clauses) => {
        answer(() => wire.parseOrderBy(kind, clauses));
      }),
      { numRuns },
    );
  });

  it('any JSON sent to any endpoint is a request or a list of issues with a sentence', patient, () => {
    fc.assert(
      fc.property(anyRequest, ({ name, schema, input }) => {
        const { success, error } = schema.safeParse(input, { reportInput: true });
        if (!success) expect(error.issues[0]?.message, name).toMatch(/\S/);
      }),
      { numRuns },
    );
  });

  it('a page token is read back by its own query only, and garbage is null', patient, () => {
    const keys = fc.array(fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.string(), keys, fc.string(), (scope, values, garbage) => {
        const types = values.map((value) => (typeof value === 'string' ? 'string' : 'number'));
        const token = wire.encodePageToken(scope, values);
        const readable = values.every((value) => typeof value !== 'string' || wire.isStorableText(value));
        expect(wire.decodePageToken(scope, token, types)).toEqual(
          readable ? values.map((value) => (Object.is(value, -0) ? 0 : value)) : null,
        );
        wire.decodePageToken(scope, garbage, types);
        wire.decodePageToken(scope, `${token}${garbage}`, types);
      }),
      { numRuns },
    );
  });

  it('a path that is taken stays below its owner, however often it is decoded', patient, () => {
    fc.assert(
      fc.property(anyPath, (given) => {
        const normal = wire.normalArtifactPath(given);
        if (normal !== null) expect(staysInside(normal), normal).toBe(true);
        const parsed = wire.parseArtifactPath(given);
        if (parsed === null) return;
        expect(staysInside(parsed.path), parsed.path).toBe(true);
        expect([`${parsed.root}/${parsed.path}`, parsed.root]).toContain(given.replace(/\/$/, ''));
      }),
      { numRuns },
    );
  });

  it(
    'a source and a location are taken or refused with a sentence, and none that is taken climbs or is local',
    patient,
    () => {
      const scheme = fc.constantFrom(
        '',
        'runs:/',
        'models:/',
        'mlflow-artifacts:/',
        'mlflow-artifacts://h/',
        's3://b/',
        'file:///',
        'http://h/',
        'FILE:',
        'RUNS:/',
      );
      fc.assert(
        fc.property(scheme, anyPath, (prefix, path) => {
          const text = `${prefix}${path}`;
          const parsed = wire.parseModelSource(text);
          if ('refusal' in parsed) expect(parsed.refusal).toMatch(/\S/);
          else if ('path' in parsed.source) expect(staysInside(parsed.source.path), text).toBe(true);
          else if (parsed.source.kind === 'external') expect(text).not.toMatch(/^file:|(?:^|\/)\.\.(?:\/|$)/i);
          if (wire.locationProblem(text) === null) expect(text).not.toMatch(/^file:|(?:^|\/)\.\.(?:\/|$)|\s/i);
        }),
        { numRuns },
      );
    },
  );

  it('the endpoints of MLflow are told from other paths without a failure', patient, () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'PUT', 'X'), anyPath, (method, path) => {
        expect(typeof wire.isMlflowEndpoint(method, `/${path}`)).toBe('boolean');
      }),
      { numRuns },
    );
  });

  it('a download is named in a header of one line', patient, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).filter(wire.isStorableText), (name) => {
        expect(wire.attachment(name)).toMatch(/^attachment; filename=[\x20-\x7e]*$/);
        expect(wire.contentType(name)).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
      }),
      { numRuns },
    );
  });
});
