import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { allServices, testDatabase, testPasswords } from '@assay/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Each service in a process of its own, as the images and the Kubernetes manifests start them. */
describe('separate services', () => {
  const database = testDatabase();
  let folder: string;
  let running: ChildProcess[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-services-'));
  });
  afterEach(async () => {
    const ended = running.map((child) => child.exitCode ?? new Promise((done) => child.on('close', done)));
    for (const child of running) child.kill();
    await Promise.all(ended);
    running = [];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function migrateOnce(args: string[]) {
    const passwords = join(folder, 'passwords.json');
    writeFileSync(passwords, JSON.stringify(testPasswords));
    const env = {
      PATH: process.env.PATH,
      ASSAY_DATABASE_URL: database.ownerUrl,
      ASSAY_DATABASE_PASSWORDS_FILE: passwords,
    };
    return spawnSync(process.execPath, [join(root, 'migrations/dist/main.js'), ...args], { encoding: 'utf8', env });
  }

  it('are preceded by a migration that may run twice', () => {
    expect(migrateOnce([])).toMatchObject({ status: 0, stdout: 'The database is at this version already.\n' });
    expect(migrateOnce(['--print-roles']).stdout.match(/create role \w+_svc login/g)).toHaveLength(allServices.length);
  });

  it.each(allServices)('%s answers its probes under the name that the manifests give it', async (service) => {
    const settings = {
      ASSAY_PORT: '0',
      ASSAY_HTTP_HOST: '0.0.0.0',
      ASSAY_HTTP_ALLOWED_HOSTS: service,
      ASSAY_DATA_DIR: join(folder, service),
    };
    const child = spawn(process.execPath, [join(root, `apps/${service}/dist/main.js`)], {
      env: { PATH: process.env.PATH, ASSAY_DATABASE_URL: database.urls[service], ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    const port = await listeningPort(child);
    expect(await get(port, '/health', service)).toBe('200 OK');
    expect(await get(port, '/ready', service)).toBe(`200 {"services":["${service}"]}`);
    expect(await get(port, '/ready', 'elsewhere.example')).toMatch(/^4\d\d /);
  });
});

function listeningPort(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = '';
    const hear = (text: Buffer) => {
      said += text.toString();
      const port = /"url":"http:\/\/[^"]*:(\d+)"[^\n]*"msg":"listening"/.exec(said)?.[1];
      if (port) done(port);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('close', (code) => fail(new Error(`ended with ${code}: ${said}`)));
  });
}

function get(port: string, path: string, host: string): Promise<string> {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      let text = '';
      answer
        .on('data', (part: Buffer) => (text += part.toString()))
        .on('end', () => done(`${answer.statusCode} ${text}`));
    });
    sent.on('error', fail).end();
  });
}
