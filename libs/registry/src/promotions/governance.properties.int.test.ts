import { TokenCredentialReader } from '@assay/access-reads';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { Clock, Database, acrossWorkspaces } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { testDatabase, testPlatform } from '@assay/testing';
import fc from 'fast-check';
import { aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MoveAtOnce } from '../break-glass/move-at-once.js';
import { ReviewBreakGlass } from '../break-glass/review-break-glass.js';
import { DeleteVersion } from '../model-versions/delete-version.js';
import { PointersService } from '../pointers/pointers.service.js';
import { DecidePolicyChange } from '../policies/decide-policy-change.js';
import { PublishPolicy } from '../policies/publish-policy.js';
import { RegistryModule } from '../registry.module.js';
import { RollbackPointer } from '../rollbacks/rollback-pointer.js';
import { ApprovePromotion } from './approve-promotion.js';
import { CheckPromotion } from './check-promotion.js';
import { EndPromotion } from './end-promotion.js';
import { brokenLinks, lookAt, replayed, type Seen, type SeenMove } from './governed-invariants.builder.js';
import {
  freePointer,
  GovernedSequence,
  guardedPointers,
  somebody,
  type Somebody,
} from './governed-sequence.builder.js';
import { PromotionWorld } from './promotion-world.builder.js';
import { RequestPromotion } from './request-promotion.js';
import { SweepPromotions } from './sweep-promotions.js';

/** CI runs a thousand sequences, the full run ten thousand. */
const sequences = Number(process.env['ASSAY_TEST_CASES'] ?? 1000);
/** Sequences that run beside each other, on models of their own. */
const lanes = 4;

const database = testDatabase();
const platform = testPlatform(database, {
  modules: [ArtifactsModule, RegistryModule],
  services: ['registry'],
  credentials: TokenCredentialReader,
});
const world = new PromotionWorld(database.query);

const kinds = [
  'request',
  'request',
  'request',
  'approve',
  'approve',
  'approve',
  'approve',
  'approve',
  'refuse',
  'withdraw',
  'move',
  'swap',
  'rollback',
  'upload',
  'evaluate',
  'publish',
  'accept',
  'break-glass',
  'review',
  'delete',
  'sweep',
] as const;

/** One command: `what` chooses among the things that it may be about. */
const command = fc.record({
  kind: fc.constantFrom(...kinds),
  who: fc.nat({ max: 5 }),
  what: fc.nat({ max: 11 }),
  version: fc.integer({ min: 1, max: 4 }),
  raced: fc.boolean(),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

let people: Somebody[] = [];
let offsetMs = 0;
const done = new Map<string, number>();

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  const [eve, tim, ada, bob, ria, max] = [
    await world.person('eve', ['contributor']),
    await world.person('tim', ['contributor', 'approver']),
    await world.person('ada', ['approver']),
    await world.person('bob', ['approver', 'contributor']),
    await world.person('ria', ['approver']),
    await world.person('max', ['maintainer', 'approver']),
  ];
  await world.group(ria.id, 'risk');
  await world.group(tim.id, 'risk');
  await world.dataset('holdout', 'd'.repeat(64));
  people = [
    somebody(eve, ['contributor']),
    somebody(tim, ['contributor', 'approver'], ['risk']),
    somebody(ada, ['approver']),
    somebody(bob, ['approver', 'contributor']),
    somebody(ria, ['approver'], ['risk']),
    somebody(max, ['maintainer', 'approver']),
  ];
  vi.spyOn(platform.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + offsetMs));
});

/** One sequence as it runs, with what came of it so far. */
class Run {
  readonly requests: string[] = [];
  readonly broken: string[] = [];
  readonly proposals: string[] = [];
  private readonly checked = new Set<string>();

  constructor(private readonly sequence: GovernedSequence) {}

  /** Does a command as far as the rules let it: refused ones change nothing that the invariants would not show. */
  async attempt(one: Command): Promise<void> {
    try {
      await this.perform(one);
      count(one.kind);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      count(`refused ${one.kind}`);
    }
  }

  /** @throws {Error} that names what does not hold. */
  async check(): Promise<void> {
    const seen = await lookAt(database.query, this.sequence);
    const { moves, held, ungoverned, torn } = seen;
    hold('no guarded pointer moves without a valid request', ungoverned);
    hold('a request makes all of its moves, or none', torn);
    hold('no author is an approver', this.newAuthors(seen));
    hold('the ledger is a chain', brokenLinks(moves));
    hold(
      'the ledger replays to what pointers hold',
      held.filter(({ pointer, version }) => replayed(moves, pointer, null) !== version),
    );
    hold('asOf is what the ledger replays to', await this.wrongAsOf(moves));
  }

  /** Approvers of what was applied since the last look, who are authors of it. */
  private newAuthors({ applied }: Seen): string[] {
    const fresh = applied.filter(({ id }) => !this.checked.has(id));
    for (const { id } of fresh) this.checked.add(id);
    count('applied', fresh.length);
    count('applied together', fresh.filter(({ versions }) => versions.length > 1).length);
    return fresh.flatMap(({ versions, requestedBy, approvers }) =>
      approvers.filter(
        (by) => by === requestedBy || versions.some((version) => this.sequence.authors.get(version)?.has(by) === true),
      ),
    );
  }

  /** At some move and just before it, what is answered for that time that is not what the ledger gives. */
  private async wrongAsOf(moves: readonly SeenMove[]): Promise<unknown[]> {
    const move = moves[this.checked.size % Math.max(1, moves.length)];
    if (move === undefined) return [];
    const wrong: unknown[] = [];
    for (const shift of [-1, 0]) {
      const at = new Date(move.at.getTime() + shift);
      const { model } = this.sequence;
      const { version } = await platform.get(PointersService).state(theActor(people[0]), model, move.pointer, at);
      if (version !== replayed(moves, move.pointer, at)) wrong.push({ ...move, at, version });
    }
    return wrong;
  }

  private async holder(pointer: string): Promise<unknown> {
    const [row] = await database.query('select version from registry.pointer where model_id = $1 and name = $2', [
      this.sequence.modelId,
      pointer,
    ]);
    return row?.['version'] ?? null;
  }

  private async perform({ kind, who, what, version }: Command): Promise<void> {
    const { model, modelId, policyName } = this.sequence;
    // Mostly by somebody who may, and about what is under way, so that sequences get somewhere.
    const by = people[likely(kind, who, what)];
    const actor = theActor(by);
    const credential = { token: by?.token ?? '' };
    const pointer = guardedPointers[what % 2] ?? 'champion';
    const request =
      (what < 8 ? this.requests.at(-1) : this.requests[what % Math.max(1, this.requests.length)]) ?? 'none';
    switch (kind) {
      case 'request': {
        const pointers = what % 3 === 0 ? guardedPointers : [pointer];
        const moves = pointers.map((each, index) => {
          return { model, pointer: each, version: String(((version - 1 + index) % 4) + 1) };
        });
        const asked = { moves, reason: 'better' };
        this.requests.push((await platform.get(RequestPromotion).execute(actor, asked)).id);
        return;
      }
      case 'approve':
        await platform.get(ApprovePromotion).execute(actor, { id: request, comment: 'yes', credential });
        return;
      case 'refuse':
        await platform.get(EndPromotion).refuse(actor, { id: request, comment: 'no', credential });
        return;
      case 'withdraw':
        await platform.get(EndPromotion).withdraw(actor, { id: request, comment: '' });
        return;
      case 'move': {
        const to = what % 3 === 0 ? freePointer : pointer;
        await platform.get(PointersService).move(actor, { model, pointer: to, to: version, via: 'alias' });
        return;
      }
      case 'swap': {
        const moves = [...guardedPointers, freePointer].map((each, index) => {
          return { model, pointer: each, to: ((version + index) % 4) + 1, via: 'pointer' } as const;
        });
        await platform.get(PointersService).move(actor, ...moves.slice(what % 3));
        return;
      }
      case 'rollback': {
        const name = what % 3 === 0 ? freePointer : pointer;
        const held = await this.holder(name);
        const asked = { name: model, alias: name, expected: held === null ? null : String(held), reason: 'back' };
        const { promotion } = await platform.get(RollbackPointer).execute(actor, asked);
        if (promotion !== null) this.requests.push(promotion.id);
        return;
      }
      case 'upload':
        await this.sequence.upload(version, actor.id);
        return;
      case 'evaluate':
        await this.sequence.evaluate(version, what % 4 === 0 ? 0.5 : 0.75 + what / 100);
        await platform
          .get<Database>('assay:database:registry')
          .transaction((tx) => platform.get(CheckPromotion).afterEvaluation(tx, actor, modelId, version));
        return;
      case 'publish': {
        const text = this.sequence.policyText(1 + (what % 3));
        const change = await platform.get(PublishPolicy).execute(actor, { text, reason: 'other', dryRun: false });
        if (change.proposalId !== null) this.proposals.push(change.proposalId);
        return;
      }
      case 'accept': {
        const id = this.proposals[what % Math.max(1, this.proposals.length)] ?? 'none';
        await platform.get(DecidePolicyChange).accept(actor, { name: policyName, id, comment: 'yes', credential });
        return;
      }
      case 'break-glass': {
        const held = await this.holder(pointer);
        const expectedHolder = held === null ? null : String(held);
        const asked = { model, pointer, version: String(version), expectedHolder, reason: 'now', credential };
        this.broken.push((await platform.get(MoveAtOnce).execute(actor, asked)).id);
        return;
      }
      case 'review': {
        const id = this.broken[what % Math.max(1, this.broken.length)] ?? 'none';
        const verdict = 'justified' as const;
        await platform.get(ReviewBreakGlass).execute(actor, { id, verdict, comment: 'so', credential });
        return;
      }
      case 'delete':
        await platform.get(DeleteVersion).execute(actor, model, version);
        return;
      case 'sweep':
        offsetMs += 3_600_000 * (what % 2 === 0 ? 5 : 24 * 15);
        await platform.get(SweepPromotions).execute();
    }
  }
}

/** Eve asks, max publishes and breaks the glass, approvers sign: three times out of four. */
function likely(kind: Command['kind'], who: number, what: number): number {
  if (what % 4 === 0) return who;
  if (kind === 'request' || kind === 'withdraw' || kind === 'rollback') return 0;
  if (kind === 'publish' || kind === 'break-glass') return 5;
  return kind === 'approve' || kind === 'accept' || kind === 'review' ? 1 + (who % 4) : who;
}

function theActor(person: Somebody | undefined) {
  if (person === undefined) throw new Error('nobody is there');
  return person.actor;
}

function count(what: string, more = 1): void {
  done.set(what, (done.get(what) ?? 0) + more);
}

function hold(what: string, violations: readonly unknown[]): void {
  if (violations.length > 0) throw new Error(`${what}: ${JSON.stringify(violations)}`);
}

async function play(approvals: number, commands: readonly Command[]): Promise<void> {
  const sequence = new GovernedSequence(database.query, approvals);
  const [eve, tim, , bob, , max] = people.map(({ actor }) => actor.id);
  if (eve === undefined || tim === undefined || bob === undefined || max === undefined)
    throw new Error('nobody is there');
  await sequence.seed(eve, [eve, tim, eve, bob], max);
  // The free pointer has a past from the start: a handful of random commands seldom gives it one to go back to.
  for (const to of [1, 2])
    await platform
      .get(PointersService)
      .move(theActor(people[0]), { model: sequence.model, pointer: freePointer, to, via: 'alias' });
  const run = new Run(sequence);
  for (let at = 0; at < commands.length; at += 1) {
    const one = commands[at];
    const next = commands[at + 1];
    if (one === undefined) return;
    // Whether an upload came before an approval beside it, nobody outside the database can tell.
    if (one.raced && next !== undefined && one.kind !== 'upload' && next.kind !== 'upload') {
      await Promise.all([run.attempt(one), run.attempt(next)]);
      at += 1;
    } else await run.attempt(one);
    await run.check();
  }
}

describe('any commands, by anybody, in any order and at once,', () => {
  it(
    'move no guarded pointer without its approvals, count no author’s, and leave a ledger that tells it all',
    async () => {
      const seed = Number(process.env['ASSAY_TEST_SEED'] ?? Date.now() % 2 ** 31);
      const property = fc.asyncProperty(
        fc.integer({ min: 1, max: 2 }),
        fc.array(command, { minLength: 4, maxLength: 12, size: 'max' }),
        play,
      );
      await Promise.all(
        Array.from({ length: lanes }, (_, lane) =>
          fc.assert(property, { numRuns: Math.ceil(sequences / lanes), seed: seed + lane }),
        ),
      );
      // Most commands are refused; enough are not.
      expect(done.get('applied') ?? 0, `seed ${seed}, ${JSON.stringify([...done])}`).toBeGreaterThan(sequences / 50);
      if (sequences >= 5000) expect(done.get('applied together') ?? 0, `seed ${seed}`).toBeGreaterThan(0);
      if (sequences >= 500) for (const kind of kinds) expect(done.get(kind) ?? 0, kind).toBeGreaterThan(0);
    },
    sequences * 10_000,
  );
});
