import { testDatabase } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { anEvaluation } from '../../libs/registry/src/evaluations/evaluation.builder.js';
import { PromotionWorld } from '../../libs/registry/src/promotions/promotion-world.builder.js';
import { beginAttempt } from './begin-attempt.js';
import { type Holding, type Watched, whileWatching, wrongLooks } from './contended/watch-pointer.js';
import { firstAdministrator } from './known-things.js';
import { send, told } from './send.js';
import { wholePlatform } from './whole-platform.js';

/** How often the movers meet: a few times here, hundreds of times in the full run, on a machine with cores to spare. */
const rounds = Number(process.env['ASSAY_TEST_CONTENTIONS'] ?? 5);
/** Answers a second that the consumer must get meanwhile: whatever a busy machine allows, unless the full run says how many. */
const leastRate = Number(process.env['ASSAY_TEST_CONSUMER_RATE'] ?? 1);
/** Where it must get so many, each contention meets it at its pace, and it asks a few more, for those that are on their way at the end. */
const perSecond = Math.max(1000, leastRate * 1.05);
const movers = 50;
const alias = 'champion';

const database = testDatabase();
const platform = wholePlatform(
  database,
  { ASSAY_LOG_LEVEL: 'fatal', ASSAY_RUNNER_SLOTS: '4', ASSAY_RUNNER_LEASE_SECONDS: '600' },
  { workers: false },
);
let root = '';

// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
type Answer = any;

async function ask(
  method: string,
  path: string,
  body?: object,
  token = root,
): Promise<{ status: number; body: Answer }> {
  const answer = await send(platform.url, method, path, { token, body });
  return { status: answer.status, body: await answer.json() };
}

function done(method: string, path: string, body?: object | string, token = root): Promise<Answer> {
  return told(platform.url, method, path, { token, body, type: 'text/csv' });
}

/** A model with sealed versions; the first holds the pointer. */
async function modelWith(name: string, versions: number): Promise<void> {
  const { run } = await done('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0', start_time: 1 });
  const file = `/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/model/model.json`;
  expect((await send(platform.url, 'PUT', file, { token: root, body: '{}' })).status).toBe(200);
  await done('POST', '/api/2.0/mlflow/registered-models/create', { name });
  for (let version = 0; version < versions; version += 1)
    await done('POST', '/api/2.0/mlflow/model-versions/create', {
      name,
      source: `runs:/${run.info.run_id}/model`,
      run_id: run.info.run_id,
    });
  await done('POST', '/api/2.0/mlflow/registered-models/alias', { name, alias, version: '1' });
}

interface Round {
  readonly statuses: readonly number[];
  readonly holdersTold: readonly unknown[];
  /** When the answer to whoever won arrived. */
  readonly answeredAt: number;
}

/** All at once, each on a connection of its own. */
async function atOnce(calls: readonly (() => Promise<{ status: number; body: Answer }>)[]): Promise<Round> {
  let answeredAt = 0;
  const answers = await Promise.all(
    calls.map(async (call) => {
      const answer = await call();
      if (answer.status === 200) answeredAt = performance.timeOrigin + performance.now();
      return answer;
    }),
  );
  return {
    statuses: answers.map(({ status }) => status).toSorted(),
    holdersTold: [...new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.holder))],
    answeredAt,
  };
}

/** The ledger as holdings: each until the answer to the move that ended it. */
async function holdings(model: string, ends: readonly number[]): Promise<Holding[]> {
  const { moves } = await done('GET', `/api/v1/models/${model}/pointers/${alias}/history?limit=500`);
  return moves.toReversed().map((move: { to: string; movedAt: string }, index: number) => ({
    version: move.to,
    from: Date.parse(move.movedAt),
    until: ends[index] ?? Number.MAX_SAFE_INTEGER,
  }));
}

function expectUnbroken({ looks, seconds }: Watched, held: readonly Holding[]): void {
  expect(wrongLooks(looks, held)).toEqual([]);
  expect(new Set(looks.map(({ what }) => what))).toEqual(new Set(['alias', 'pointer', 'model', 'search']));
  expect(looks.length / seconds).toBeGreaterThan(leastRate);
}

beforeAll(async () => {
  root = await firstAdministrator(platform.app, platform.url);
});

describe('a consumer', () => {
  it('would notice no answer, no holder, two of them, and one that is no longer or not yet there', () => {
    const held = [
      { version: '1', from: 0, until: 100 },
      { version: '2', from: 90, until: 200 },
    ];
    const look = { what: 'alias', status: 200, from: 95, until: 96 };
    const fine = [
      { ...look, holders: ['1'] },
      { ...look, holders: ['2'] },
    ];
    expect(wrongLooks(fine, held)).toEqual([]);
    const wrong = [
      { ...look, status: 400, holders: ['not found'] },
      { ...look, holders: [] },
      { ...look, holders: ['1', '2'] },
      { ...look, from: 150, until: 160, holders: ['1'] },
      { ...look, from: 10, until: 20, holders: ['2'] },
    ];
    expect(wrongLooks(wrong, held)).toHaveLength(wrong.length);
  });
});

describe(`${movers} movers of one pointer at once`, () => {
  it('have one winner each time; the others see who it is, and a consumer always sees exactly one holder', async () => {
    const model = 'contended';
    await modelWith(model, 4);
    const ends: number[] = [];
    let holder = '1';
    const watched = await whileWatching(
      { url: platform.url, token: root, model, alias, perSecond },
      async (consumer) => {
        for (let round = 0; round < rounds; round += 1) {
          if (leastRate > 1) await consumer.atPace();
          const expected = holder;
          const others = ['1', '2', '3', '4'].filter((version) => version !== expected);
          const { statuses, holdersTold, answeredAt } = await atOnce(
            Array.from({ length: movers }, (_, index) => () => {
              const version = others[index % others.length];
              return ask('PUT', `/api/v1/models/${model}/pointers/${alias}`, { version, expected });
            }),
          );
          ends.push(answeredAt);
          holder = (await done('GET', `/api/v1/models/${model}/pointers/${alias}`)).version;
          expect(statuses).toEqual([200, ...Array.from({ length: movers - 1 }, () => 409)]);
          expect(holdersTold).toEqual([holder]);
        }
      },
    );
    const held = await holdings(model, ends);
    expect(held).toHaveLength(rounds + 1);
    expectUnbroken(watched, held);
  });
});

describe(`${movers} approvals of one request at once, by as many people`, () => {
  const model = 'ruled';
  const approvers: string[] = [];

  beforeAll(async () => {
    const world = new PromotionWorld(database.query);
    const names = Array.from({ length: movers }, (_, index) => `approver-${index}`);
    const people = await Promise.all(names.map((name) => world.person(name, ['approver'])));
    approvers.push(...people.map(({ token }) => token));
    await modelWith(model, 2);
    const csv = [
      'id,age,label',
      ...Array.from({ length: 40 }, (_, at) => `r${at},${20 + at},${at % 3 ? 'good' : 'bad'}`),
    ];
    const query = 'target=label&sensitive=age&identifier=id';
    const dataset = await done('POST', `/api/v1/datasets/holdout/versions?${query}`, csv.join('\n'));
    for (const version of ['1', '2']) {
      const pinned = { name: 'holdout', version: 1 };
      const job = await done('POST', '/api/v1/jobs', {
        recipe: 'evaluate',
        inputs: { model: { name: model, version }, dataset: pinned },
        params: { experiment: 'contended' },
      });
      const { token } = await beginAttempt(platform.app, job.id);
      const { digest: manifest } = await done('GET', `/api/v1/models/${model}/versions/${version}/manifest`);
      const { facts } = anEvaluation(
        {},
        { model: { name: model, version, manifest }, dataset: { ...pinned, digest: dataset.digest } },
      );
      await done('POST', '/api/v1/evaluations', facts, token);
    }
    await done('POST', '/api/v1/policies', {
      text: `policy: ruled\nguards: { models: [${model}], pointers: [${alias}] }\nevidence: { dataset: holdout, digest: 'sha256:${dataset.digest}' }\ngates:\n  - { gate: metric-threshold, metric: auc, atLeast: 0.7 }\napprovals:\n  - { role: approver }\n`,
    });
  });

  it('make one move; the others are told that it is applied, and a consumer always sees exactly one holder', async () => {
    const ends: number[] = [];
    const times = Math.min(rounds, 20);
    const watched = await whileWatching(
      { url: platform.url, token: root, model, alias, perSecond },
      async (consumer) => {
        for (let round = 0; round < times; round += 1) {
          if (leastRate > 1) await consumer.atPace();
          const version = round % 2 === 0 ? '2' : '1';
          const request = { moves: [{ model, pointer: alias, version }], reason: 'it is better' };
          const { id, state } = await done('POST', '/api/v1/promotions', request);
          expect(state).toBe('awaiting_approval');
          const { statuses, answeredAt } = await atOnce(
            approvers.map((token) => () => {
              const signature = { comment: 'looked at it', credential: { token } };
              return ask('POST', `/api/v1/promotions/${id}/approve`, signature, token);
            }),
          );
          ends.push(answeredAt);
          expect(statuses).toEqual([200, ...Array.from({ length: movers - 1 }, () => 409)]);
          const applied = await done('GET', `/api/v1/promotions/${id}`);
          expect([applied.state, applied.decisions.length]).toEqual(['applied', 1]);
        }
      },
    );
    const held = await holdings(model, ends);
    expect(held).toHaveLength(times + 1);
    expectUnbroken(watched, held);
  });
});
