import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { message } from './message.js';
import {
  boolean,
  double,
  int64,
  int64Between,
  list,
  protoEnum,
  queryList,
  requiredText,
  text,
  textUpTo,
  toWireDouble,
} from './scalars.js';

const metric = message({
  key: requiredText,
  value: double,
  timestamp: int64,
  step: int64.default(0),
});
const request = message({
  run_id: requiredText,
  note: text.optional(),
  short: textUpTo(3).optional(),
  limit: int64Between(1, 10).optional(),
  flag: boolean.optional(),
  stage: protoEnum({ ACTIVE: 1, GONE: 2 }).optional(),
  metrics: list(metric),
  ids: queryList(requiredText),
});

function refusal(input: unknown): string {
  const result = request.safeParse(input);
  if (result.success) throw new Error('expected a refusal');
  return result.error.issues[0]?.message ?? '';
}

describe('messages of the wire', () => {
  it.each([
    [{}, "Missing value for required parameter 'run_id'"],
    [{ run_id: '' }, "Missing value for required parameter 'run_id'"],
    [{ run_id: null }, "Missing value for required parameter 'run_id'"],
    [{ run_id: 31 }, "Invalid value 31 for parameter 'run_id' supplied. Hint: Value was of type 'int'."],
    [{ run_id: 'a', short: 'abcd' }, "'short' exceeds the maximum length of 3 characters"],
    [{ run_id: 'a', limit: 11 }, "Invalid value 11 for parameter 'limit' supplied: it must be between 1 and 10."],
    [{ run_id: 'a', metrics: 5 }, "Invalid value 5 for parameter 'metrics' supplied"],
    [{ run_id: 'a', metrics: [{ key: 'k', value: 1 }] }, "Missing value for required parameter 'metrics[0].timestamp'"],
    [
      { run_id: 'a', metrics: [{ key: 'k', value: true, timestamp: 1 }] },
      "Invalid value true for parameter 'metrics[0].value' supplied",
    ],
    [
      { run_id: 'a', metrics: [{ key: 'k', value: 1, timestamp: 1.5 }] },
      "Invalid value 1.5 for parameter 'metrics[0].timestamp' supplied",
    ],
    [
      { run_id: 'a', metrics: [{ key: 'k', value: 1, timestamp: 1e300 }] },
      "for parameter 'metrics[0].timestamp' supplied",
    ],
    [{ run_id: 'a', stage: 'NOWHERE' }, "for parameter 'stage' supplied"],
    [{ run_id: 'a', runId: 'b' }, "The request names 'run_id' twice"],
    [{ run_id: 'a\0' }, 'must not hold NUL'],
    [{ run_id: '\ud800' }, 'must not hold NUL'],
    [[], 'must be a JSON object'],
    ['text', 'must be a JSON object'],
  ])('refuses %j', (input, expected) => {
    expect(refusal(input)).toContain(expected);
  });

  it.each([
    ['1e+05', 100_000],
    ['1.7e+12', 1_700_000_000_000],
    ['-2E3', -2000],
  ])('takes the whole number %s in the notation of R', (text, value) => {
    expect(int64.parse(text)).toBe(value);
  });

  it.each(['1.5e+00', '1e-05', '1e+99', '15e1', '1e', 'e5', '0x10', '1.0'])(
    'takes no %s for a whole number',
    (text) => {
      expect(int64.safeParse(text).success).toBe(false);
    },
  );

  it('takes strings for numbers, camelCase, names or numbers of an enum, and ignores the unknown', () => {
    const parsed = request.parse({
      runId: 'r',
      flag: 'TRUE',
      stage: 2,
      ids: 'one',
      unknown: 1,
      limit: '7',
      note: null,
      metrics: [
        { key: 'k', value: '0.5', timestamp: '12' },
        { key: 'k', value: 'NaN', timestamp: 0, step: '-3' },
      ],
    });
    expect(parsed).toEqual({
      run_id: 'r',
      flag: true,
      stage: 'GONE',
      ids: ['one'],
      limit: 7,
      metrics: [
        { key: 'k', value: 0.5, timestamp: 12, step: 0 },
        { key: 'k', value: Number.NaN, timestamp: 0, step: -3 },
      ],
    });
  });

  it('is described to OpenAPI as the object it takes', () => {
    const schema = z.toJSONSchema(request, { io: 'input' });
    expect(schema).toMatchObject({ type: 'object', required: ['run_id'] });
    expect(Object.keys(schema.properties ?? {})).toContain('metrics');
  });

  it('writes NaN by name and the infinities as the largest doubles', () => {
    const written = [1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(toWireDouble);
    expect(written).toEqual([1.5, 'NaN', Number.MAX_VALUE, -Number.MAX_VALUE]);
  });
});
