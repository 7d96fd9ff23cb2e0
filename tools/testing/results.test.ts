import { describe, expect, it } from 'vitest';
import { addUp, countReport, describeSkips, verdict } from './results.mjs';

function file(assertions: [string, string][], status = 'passed', message = '') {
  return {
    name: 'a.test.ts',
    status,
    message,
    assertionResults: assertions.map(([fullName, state]) => ({ fullName, status: state })),
  };
}

describe('test results', () => {
  it('counts, and names what a skipped test lacks', () => {
    const report = {
      testResults: [
        file([
          ['adds', 'passed'],
          ['Bull queue (needs Redis) keeps order', 'skipped'],
          ['someday', 'todo'],
        ]),
      ],
    };
    const total = addUp([countReport(report, 0, 'unit')]);
    expect(total).toMatchObject({ passed: 1, failed: 0, skips: [{ need: 'Redis' }, { need: undefined }] });
    expect(describeSkips(total.skips, false).join('\n')).toMatch(
      /skipped: 1 for want of Redis → ASSAY_TEST_REDIS_URL[^]*keeps order[^]*no reason given/,
    );
    expect(verdict(total, false)).toEqual({ line: '1 passed, 0 failed, 2 skipped', code: 0 });
  });

  it('takes a skip for a failure where everything is required', () => {
    const total = addUp([
      countReport(
        {
          testResults: [
            file([
              ['a', 'passed'],
              ['b (needs MinIO)', 'skipped'],
            ]),
          ],
        },
        0,
        'int',
      ),
    ]);
    expect(verdict(total, true)).toEqual({ line: '1 passed, 1 failed, 0 skipped', code: 1 });
  });

  it('counts a file that does not load, a run that dies and an unhandled error as failures', () => {
    expect(countReport({ testResults: [file([], 'failed', 'Cannot find module\nstack')] }, 1, 'unit')).toMatchObject({
      failed: 1,
      problems: ['FAILED a.test.ts: Cannot find module'],
    });
    expect(countReport(undefined, 137, 'e2e')).toMatchObject({ failed: 1 });
    expect(countReport({ testResults: [file([['a', 'passed']])] }, 1, 'int')).toMatchObject({ passed: 1, failed: 1 });
  });

  it('is no success without a single test', () => {
    expect(verdict(addUp([]), false).code).toBe(1);
  });
});
