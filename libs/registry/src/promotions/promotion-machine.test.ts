import type { PromotionState } from '@assay/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ApprovalRules, countingApprovals, countsOf, fallenDecisions, missingApprovals } from './approvals.js';
import { type Decision, isEnded, nextState, type PromotionEvent } from './promotion.js';

const people = [
  { id: 'ada', held: ['approver'] },
  { id: 'bob', held: ['approver', 'group:risk'] },
  { id: 'cy', held: ['approver', 'admin'] },
  { id: 'dan', held: ['group:risk'] },
  { id: 'eve', held: ['contributor', 'approver', 'group:risk'] },
] as const;

const ruleSets: readonly (readonly ApprovalRules[])[] = [
  [rules('p', 'parallel', ['approver', 1])],
  [rules('p', 'parallel', ['approver', 2], ['group:risk', 1])],
  [rules('p', 'in-order', ['group:risk', 1], ['approver', 2])],
  [rules('p', 'in-order', ['group:risk', 1], ['approver', 1]), rules('q', 'parallel', ['approver', 2])],
];

function rules(
  id: string,
  order: 'parallel' | 'in-order',
  ...lines: readonly (readonly [string, number])[]
): ApprovalRules {
  const asked = lines.map(([name, count]) =>
    name.startsWith('group:') ? { group: name.slice(6), count } : { role: 'approver' as const, count },
  );
  return { policyVersionId: id, policy: id, rules: asked, order };
}

/** A request as the use cases keep it: its state, what holds of the facts, who is an author, and what was signed. */
class Machine {
  state: PromotionState = 'open';
  readonly decisions: Decision[] = [];
  readonly authors = new Set(['eve']);
  readonly history: PromotionEvent[] = [];
  private evidence = 0;

  constructor(readonly asked: readonly ApprovalRules[]) {}

  get binding(): string {
    return `evidence ${this.evidence}`;
  }

  counting(): Decision[] {
    return countingApprovals(this.decisions, this.binding, [...this.authors]);
  }

  /** One command out of a number: what happens, and by whom. */
  command(number: number): void {
    const person = people[number % people.length] ?? people[0];
    switch (Math.floor(number / people.length) % 16) {
      case 0:
        this.refuse(person);
        return;
      case 1:
        this.step({ type: 'withdraw' });
        return;
      case 2:
        this.step({ type: number % 2 === 0 ? 'expire' : 'supersede' });
        return;
      case 3:
      case 4:
        this.checked(number % 3 === 0 ? 'failed' : 'missing');
        return;
      case 5:
      case 6:
      case 7:
        this.checked('passed');
        return;
      case 8:
        this.authors.add(person.id);
        return;
      default:
        this.sign(person);
    }
  }

  private step(event: PromotionEvent): boolean {
    const next = nextState(this.state, event);
    if (next === null) return false;
    this.state = next;
    this.history.push(event);
    return true;
  }

  private checked(outcome: 'passed' | 'failed' | 'missing'): void {
    if (!this.step({ type: 'gates', outcome })) return;
    this.evidence += 1;
    this.dropFallen();
  }

  /** Whether some decision held no longer. */
  private dropFallen(): boolean {
    const fallen = fallenDecisions(this.decisions, this.binding, [...this.authors]);
    for (const one of fallen) one.voidedAt = new Date(0);
    return fallen.length > 0;
  }

  private refuse({ id }: (typeof people)[number]): void {
    if (this.step({ type: 'refuse' })) this.decisions.push(this.decision('refuse', id, {}));
  }

  private sign({ id, held }: (typeof people)[number]): void {
    if (this.state !== 'awaiting_approval' || this.dropFallen() || this.authors.has(id)) return;
    const earlier = this.decisions.find((one) => one.actorId === id && one.voidedAt === null);
    const counts = countsOf(missingApprovals(this.asked, this.counting()), held, earlier?.counts);
    if (counts === null) return;
    if (earlier !== undefined) earlier.voidedAt = new Date(0);
    this.decisions.push(this.decision('approve', id, counts));
    const complete = missingApprovals(this.asked, this.counting()).length === 0;
    this.step({ type: 'signed', complete });
    if (complete) this.step({ type: 'moved' });
  }

  private decision(kind: Decision['decision'], actorId: string, counts: Decision['counts']): Decision {
    const role = Object.values(counts).join(', ');
    const at = new Date(this.decisions.length);
    const { binding } = this;
    return {
      id: `${this.decisions.length}`,
      decision: kind,
      actorId,
      role,
      counts,
      comment: '',
      credential: 'password',
      binding,
      decidedAt: at,
      voidedAt: null,
    };
  }
}

/** What must hold of a request that was applied, told without the functions that decided it. */
function requireApproved({ asked, decisions, authors, binding, history }: Machine): void {
  const standing = decisions.filter(
    (one) => one.voidedAt === null && one.binding === binding && one.decision === 'approve',
  );
  const counted = standing.filter(({ actorId }) => !authors.has(actorId));
  expect(new Set(standing.map(({ actorId }) => actorId)).size).toBe(standing.length);
  for (const { policyVersionId, rules: lines, order } of asked) {
    let before = -1;
    for (const { role, group, count } of lines) {
      const name = role ?? `group:${group}`;
      const given = counted.filter(({ counts }) => counts[policyVersionId] === name);
      expect(given.length).toBeGreaterThanOrEqual(count);
      for (const { actorId } of given)
        expect(people.find(({ id }) => id === actorId)?.held.some((held) => held === name)).toBe(true);
      const times = given.map(({ decidedAt }) => decidedAt.getTime());
      // A person who signs again for another policy keeps the place of the first signature, so only single policies show their order.
      if (order === 'in-order' && asked.length === 1) expect(Math.min(...times)).toBeGreaterThan(before);
      before = Math.max(...times);
    }
  }
  expect(history.findLast(({ type }) => type === 'gates')).toEqual({ type: 'gates', outcome: 'passed' });
  expect(history.some(({ type }) => type === 'refuse')).toBe(false);
}

it('a request is applied with its gates passed and every approval of every policy by people who are no authors, and then stays', () => {
  const ends = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.nat({ max: ruleSets.length - 1 }),
      fc.array(fc.nat({ max: 16 * people.length * 6 }), { minLength: 6, maxLength: 20, size: 'max' }),
      (chosen, numbers) => {
        const machine = new Machine(ruleSets[chosen] ?? []);
        machine.command(5 * people.length); // gates that pass
        for (const number of numbers) {
          const before = { state: machine.state, decisions: machine.decisions.length };
          machine.command(number);
          if (isEnded(before.state))
            expect({ state: machine.state, decisions: machine.decisions.length }).toEqual(before);
          else if (machine.state === 'applied') requireApproved(machine);
        }
        ends.set(`${chosen} ${machine.state}`, (ends.get(`${chosen} ${machine.state}`) ?? 0) + 1);
      },
    ),
    { numRuns: 100_000 },
  );
  for (const chosen of ruleSets.keys())
    expect(ends.get(`${chosen} applied`) ?? 0, `rules ${chosen}`).toBeGreaterThan(200);
}, 1_200_000); // a hundred thousand sequences, also on a machine that has other work
