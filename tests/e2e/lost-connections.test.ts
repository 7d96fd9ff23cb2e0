import { testDatabase } from '@assay/testing';
import { expect, it } from 'vitest';
import { wholePlatform } from './whole-platform.js';

const database = testDatabase();
const platform = wholePlatform(database, { ASSAY_LOG_LEVEL: 'error' }, { workers: false });

const root = '/api/2.0/mlflow/experiments';

interface Outcome {
  readonly name: string;
  readonly status: number;
  readonly body: string;
}

async function create(name: string): Promise<Outcome> {
  const answer = await fetch(`${platform.url}${root}/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return { name, status: answer.status, body: await answer.text() };
}

async function cutEveryConnection(): Promise<void> {
  await database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'assay-%'`,
  );
}

it('answers 503 while Postgres restarts, loses no acknowledged change, and recovers by itself', async () => {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 5; round += 1) {
    const writes = Array.from({ length: 20 }, (_, i) => create(`round ${round} write ${i}`));
    await cutEveryConnection();
    outcomes.push(...(await Promise.all(writes)));
  }
  // A connection that was told to end may still be about to.
  let afterwards = 0;
  const tryAgain = async (): Promise<number> => {
    const outcome = await create(`afterwards ${(afterwards += 1)}`);
    outcomes.push(outcome);
    return outcome.status;
  };
  await expect.poll(tryAgain).toBe(200);
  for (const { status, body } of outcomes) {
    expect([200, 503], body).toContain(status);
    if (status === 503) expect(JSON.parse(body)).toMatchObject({ error_code: 'TEMPORARILY_UNAVAILABLE' });
  }
  await expect.poll(async () => (await fetch(`${platform.url}/ready`)).status).toBe(200);
  const acknowledged = outcomes.filter(({ status }) => status === 200).map(({ name }) => name);
  const kept = await database.query('select name from tracking.experiment');
  expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(acknowledged));
  // The sequencer leads again: what waits becomes part of the log.
  await expect.poll(async () => database.query('select 1 from audit.inbox limit 1')).toEqual([]);
});
