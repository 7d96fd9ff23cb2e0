import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { beforeAll, describe } from 'vitest';
import { firstAdministrator } from '../../e2e/known-things.js';
import { wholePlatform } from '../../e2e/whole-platform.js';
import { clientProgram } from './client-program.js';

const python = process.env.ASSAY_TEST_PYTHON ?? '';
const script = (name: string): readonly [string, string] => [python, join(import.meta.dirname, 'python', name)];

// What needs more than the registry service: webhooks need the audit log, users need somebody to administer them.

describe.skipIf(!python)('webhooks with the MLflow 3.17 client (needs Python mlflow)', () => {
  const server = wholePlatform(testDatabase(), { ASSAY_WEBHOOKS_ALLOW_PRIVATE: '1' }, { workers: false });
  clientProgram({
    command: script('webhooks.py'),
    steps: ['management', 'refusals', 'tests', 'deliveries', 'retries'],
    server,
  });
});

describe.skipIf(!python)('prompts with the MLflow 3.17 client (needs Python mlflow)', () => {
  const server = wholePlatform(testDatabase(), {}, { workers: false });
  clientProgram({
    command: script('prompts.py'),
    steps: ['versions', 'chats', 'aliases', 'tags', 'searches', 'rules', 'runs', 'deletions'],
    server,
  });
});

describe.skipIf(!python)('users with the MLflow 3.17 client (needs Python mlflow)', () => {
  const server = wholePlatform(testDatabase(), {}, { workers: false });
  const tokens = { root: '', eve: '' };

  beforeAll(async () => {
    tokens.root = await firstAdministrator(server.app, server.url);
    const eve = { email: 'eve@assay.example', password: 'correct horse battery' };
    await send('people', { ...eve, name: 'Eve', roles: ['contributor'] }, tokens.root);
    tokens.eve = await send('sessions', eve);
  });

  clientProgram({
    command: script('users.py'),
    steps: ['management', 'refusals', 'others'],
    server,
    environment: {
      get MLFLOW_TRACKING_TOKEN() {
        return tokens.root;
      },
      get ASSAY_TEST_OTHER_TOKEN() {
        return tokens.eve;
      },
    },
  });

  async function send(what: string, body: object, token = ''): Promise<string> {
    const answer = await fetch(`${server.url}/api/v1/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    const { token: issued = '' }: { token?: string } = Object(await answer.json());
    return issued;
  }
});
