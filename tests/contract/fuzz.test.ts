import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { testDatabase } from '@assay/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholePlatform } from '../e2e/whole-platform.js';
import { type KnownThings, makeKnownThings } from '../e2e/known-things.js';

const python = process.env.ASSAY_TEST_PYTHON;
const seconds = Number(process.env.ASSAY_TEST_FUZZ_SECONDS ?? 120);
const seed = Number(process.env.ASSAY_TEST_FUZZ_SEED ?? 1);
// Whether a generated request ought to be accepted is not asked: the rules of the domain are more than its schemas say.
const checks = ['no_failure', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance'];

describe('requests generated from the OpenAPI document (needs schemathesis)', { skip: !python }, () => {
  const errors: string[] = [];
  const log = pino({ level: 'error' }, new Writable({ write: (line, _, done) => (errors.push(String(line)), done()) }));
  const platform = wholePlatform(testDatabase(), { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' }, { log, workers: false });
  const folder = mkdtempSync(join(tmpdir(), 'assay-fuzz-'));
  let known: KnownThings;

  beforeAll(async () => {
    known = await makeKnownThings(platform.app, platform.url);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'from an administrator never make the platform fail, nor answer what it does not declare',
    { timeout: (seconds + 900) * 1000 },
    async () => {
      const report = await fuzz(platform.url, known, join(folder, 'administrator.json'), Math.ceil(seconds * 0.85), [
        '-H',
        `Authorization: Bearer ${known.token}`,
      ]);
      expect(report.requests, report.output).toBeGreaterThan(seconds);
      expect({ output: report.code === 0 ? '' : report.output, errors }).toEqual({ output: '', errors: [] });
      const me = await fetch(`${platform.url}/api/v1/me`, { headers: { authorization: `Bearer ${known.token}` } });
      expect(me.status, 'the token that the requests were made with still opens doors').toBe(200);
    },
  );

  it('from a stranger never make the platform fail', { timeout: (seconds + 900) * 1000 }, async () => {
    const report = await fuzz(platform.url, known, join(folder, 'stranger.json'), Math.ceil(seconds * 0.15), []);
    expect(report.requests, report.output).toBeGreaterThan(seconds * 0.15);
    expect({ output: report.code === 0 ? '' : report.output, errors }).toEqual({ output: '', errors: [] });
  });
});

interface FuzzReport {
  readonly code: number | null;
  readonly output: string;
  readonly requests: number;
}

function fuzz(
  url: string,
  known: KnownThings,
  file: string,
  maxSeconds: number,
  more: readonly string[],
): Promise<FuzzReport> {
  const args = [
    'run',
    `${url}/api/v1/openapi.json`,
    '--url',
    url,
    '--checks',
    checks.join(','),
    '--max-time',
    String(maxSeconds),
    '--seed',
    String(seed),
    // One: ast.parse of Python 3.11, which hypothesis calls, fails now and then in threads.
    '--workers',
    '1',
    '--continue-on-failure',
    '--request-timeout',
    '30',
    // Streams of events stay open, so no generated request would end; tests/e2e/bad-input.test.ts calls them too.
    '--exclude-path-regex',
    '/events$',
    '--suppress-health-check',
    'all',
    '--generation-database',
    'none',
    '--report',
    'json',
    '--report-json-path',
    file,
    '--warnings',
    'off',
    '--no-color',
    ...more,
  ];
  const environment = {
    PATH: process.env.PATH,
    HOME: dirname(file),
    TMPDIR: dirname(file),
    PYTHONHASHSEED: '0',
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'fuzz', 'hooks.py'),
    ASSAY_TEST_FUZZ_SEED: String(seed),
    ASSAY_TEST_FUZZ_KNOWN: JSON.stringify(known.values),
    ASSAY_TEST_FUZZ_PROTECTED: JSON.stringify(known.protectedIds),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(join(dirname(python ?? ''), 'schemathesis'), args, { env: environment, cwd: dirname(file) });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      const requests = requestsIn(file);
      process.stdout.write(`${requests} requests in ${maxSeconds} s: schemathesis ended with ${code}\n`);
      resolve({ code, output: output.slice(-200_000), requests });
    });
  });
}

function requestsIn(file: string): number {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return report.test_cases.generated;
}
