import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../filter/parse-filter.js';
import { parseOrderBy } from '../filter/order-by.js';
import { createAssessmentRequest, updateAssessmentRequest } from './assessments.js';
import { startTraceRequest } from './requests.js';
import { readWireDuration, readWireTime, writeWireDuration, writeWireTime } from './wire-time.js';

describe('times on the wire', () => {
  it.each([
    ['2026-01-02T03:04:05Z', 1_767_323_045_000],
    ['2026-01-02T03:04:05.6Z', 1_767_323_045_600],
    ['2026-01-02T03:04:05.678901234Z', 1_767_323_045_678],
    ['2026-01-02T04:04:05+01:00', 1_767_323_045_000],
    ['2026-13-02T03:04:05Z', null],
    ['yesterday', null],
  ])('reads %s', (text, ms) => {
    expect(readWireTime(text)).toBe(ms);
  });

  it.each([
    ['1.500s', 1500],
    ['0.0019s', 1],
    ['-2s', -2000],
    ['7', null],
    ['1e3s', null],
  ])('reads the duration %s', (text, ms) => {
    expect(readWireDuration(text)).toBe(ms);
  });

  it('gives back what it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(readWireTime(writeWireTime(ms))).toBe(ms);
        expect(readWireDuration(writeWireDuration(ms))).toBe(ms);
      }),
    );
  });
});

describe('filters of traces', () => {
  const text = (operator: string, value: string) => ({ type: 'text', operator, value });

  it.each([
    ["trace.status = 'OK'", { entity: 'attribute', key: 'status', test: text('=', 'OK') }],
    ["name RLIKE '^a'", { entity: 'attribute', key: 'name', test: text('RLIKE', '^a') }],
    ['timestamp > 5', { entity: 'attribute', key: 'timestamp_ms', test: { type: 'number', operator: '>', value: 5 } }],
    ["span.type IN ('LLM')", { entity: 'span', key: 'type', test: { type: 'set', operator: 'IN', values: ['LLM'] } }],
    ["span.attributes.a.b LIKE '%x'", { entity: 'span', key: 'attributes.a.b', test: text('LIKE', '%x') }],
    ["span.attributes.`a-b` = 'x'", { entity: 'span', key: 'attributes.a-b', test: text('=', 'x') }],
    ['metadata.`a b` IS NULL', { entity: 'metadata', key: 'a b', test: { type: 'presence', present: false } }],
    [
      'feedback.score >= 0.5',
      { entity: 'feedback', key: 'score', test: { type: 'number', operator: '>=', value: 0.5 } },
    ],
    ["expectation.answer = 'yes'", { entity: 'expectation', key: 'answer', test: text('=', 'yes') }],
    ["issue.id = 'i'", { entity: 'issue', key: 'id', test: text('=', 'i') }],
    ["trace.text ILIKE '%x%'", { entity: 'attribute', key: 'text', test: text('ILIKE', '%x%') }],
  ])('reads %s', (source, expected) => {
    expect(parseFilter('traces', source)).toEqual([expected]);
  });

  it.each([
    ["feedback.score > 'a'", 'Expected numeric value'],
    ['feedback.score = 5', 'Expected a quoted string value'],
    ["span.foo = 'x'", "Invalid span attribute 'foo'"],
    ["span.content = 'x'", "Invalid comparator '='"],
    ["span.attributes. = 'x'", 'Invalid clause(s) in filter string'],
    ["issue.name = 'x'", "Invalid issue attribute 'name'"],
    ['metrics.a > 1', "Invalid entity type 'metrics'"],
    [`name RLIKE '${'a'.repeat(251)}'`, '250 characters at most'],
    [String.raw`name RLIKE '(a)\1'`, 'must not refer back'],
  ])('refuses %s', (source, problem) => {
    expect(() => parseFilter('traces', source)).toThrow(problem);
  });

  it('leaves regular expressions to traces', () => {
    expect(() => parseFilter('runs', "tags.a RLIKE 'x'")).toThrow("Invalid comparator 'RLIKE'");
  });

  it('orders by attributes, tags and metadata', () => {
    expect(parseOrderBy('traces', ['timestamp DESC', 'metadata.x', 'tags.y ASC'])).toEqual([
      { entity: 'attribute', key: 'timestamp_ms', descending: true },
      { entity: 'metadata', key: 'x', descending: false },
      { entity: 'tag', key: 'y', descending: false },
    ]);
    expect(() => parseOrderBy('traces', ['span.name'])).toThrow('Invalid order_by clause');
  });
});

describe('requests about traces', () => {
  const traceInfo = { trace_id: 'tr-1', trace_location: { mlflow_experiment: { experiment_id: '0' } } };

  it('cuts long tags and metadata, as the client does', () => {
    const { trace } = startTraceRequest.parse({
      trace: { trace_info: { ...traceInfo, trace_metadata: { k: 'v'.repeat(300) }, tags: { ['t'.repeat(300)]: 'x' } } },
    });
    expect(trace.trace_info.trace_metadata['k']).toHaveLength(250);
    expect(Object.keys(trace.trace_info.tags)[0]).toHaveLength(250);
  });

  it('takes one of feedback, expectation and issue', () => {
    const assess = (said: object) =>
      createAssessmentRequest.safeParse({ trace_id: 'tr-1', assessment: { assessment_name: 'a', ...said } }).success;
    expect(assess({ feedback: {} })).toBe(true);
    expect(assess({})).toBe(false);
    expect(assess({ feedback: { value: 1 }, issue: {} })).toBe(false);
  });

  it.each(['assessment_name,feedback', 'assessmentName, feedback,source'])(
    'reads the update mask %s',
    (update_mask) => {
      const request = { trace_id: 'tr-1', assessment_id: 'a', assessment: {}, update_mask };
      expect(updateAssessmentRequest.parse(request).update_mask).toEqual(['assessment_name', 'feedback']);
    },
  );

  it.each(['../etc', 'a/b', '', 'tr 1', '.'])('takes no trace id %j', (trace_id) => {
    expect(startTraceRequest.safeParse({ trace: { trace_info: { ...traceInfo, trace_id } } }).success).toBe(false);
  });
});
