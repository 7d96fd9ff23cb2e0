import type { Role } from '@assay/contracts';
import { JobTokens } from '@assay/platform/auth';
import { Clock } from '@assay/platform/database';
import type { TestAnswer, TestDatabase, TestPlatform } from '@assay/testing';
import { anEvaluation } from '../evaluations/evaluation.builder.js';
import { type NamedVersion, PromotionWorld, type SeededPerson } from '../promotions/promotion-world.builder.js';

const digest = 'd'.repeat(64);

/** A model with sealed versions whose pointers a policy guards, and the people who move them: asked over HTTP, as they would. */
export class GovernedModel {
  readonly world: PromotionWorld;
  private readonly people = new Map<string, SeededPerson>();
  private jobs = 0;

  constructor(
    database: TestDatabase,
    private readonly platform: TestPlatform,
  ) {
    this.world = new PromotionWorld(database.query);
  }

  /** Eve trains, registers and asks; Ada and Bob approve; Max writes the rules. */
  async cast(): Promise<void> {
    this.people.set('eve', await this.world.person('eve', ['contributor']));
    this.people.set('ada', await this.world.person('ada', ['approver']));
    this.people.set('bob', await this.world.person('bob', ['approver']));
    this.people.set('max', await this.world.person('max', ['maintainer']));
    await this.world.dataset('holdout', digest);
  }

  /** Somebody else, beside the cast. */
  async join(name: string, roles: readonly Role[]): Promise<SeededPerson> {
    const person = await this.world.person(name, roles);
    this.people.set(name, person);
    return person;
  }

  /** A service account, which two of the cast made and gave a token. */
  async joinProgram(
    name: string,
    { roles, madeBy, tokenBy }: { roles: readonly Role[]; madeBy: string; tokenBy: string },
  ): Promise<SeededPerson> {
    const makers = { madeBy: this.person(madeBy).id, tokenBy: this.person(tokenBy).id };
    const program = await this.world.program(name, { roles, ...makers });
    this.people.set(name, program);
    return program;
  }

  person(name: string): SeededPerson {
    const found = this.people.get(name);
    if (found === undefined) throw new Error(`${name} is nobody here`);
    return found;
  }

  /** A model whose versions have been evaluated well enough for the rule that `guard` publishes. */
  async model(name: string, versions: number): Promise<string> {
    const id = await this.world.model(name);
    for (let version = 1; version <= versions; version += 1) {
      await this.world.version(id, version, { registered: this.person('eve').id, trained: this.person('eve').id });
      await this.evaluate(name, version);
    }
    return id;
  }

  /** Evaluates a version on the pinned data, well enough or not. */
  async evaluate(model: string, version: number, auc = 0.78): Promise<void> {
    const { facts } = anEvaluation({ version }, { model: { name: model, version: String(version) }, metrics: { auc } });
    const token = await this.evaluateToken({ name: model, version: String(version) });
    expectOk(await this.platform.call('POST', '/api/v1/evaluations', facts, token));
  }

  /** @param approvals how many approvers, or the list as YAML; @param more further lines of the policy. */
  async guard(
    model: string,
    pointers: readonly string[],
    approvals: number | string = 1,
    more = '',
    name = `rules-of-${model}`,
  ): Promise<void> {
    const text = `policy: ${name}
guards: { models: [${model}], pointers: [${pointers.map((pointer) => `"${pointer}"`).join(', ')}] }
evidence: { dataset: holdout, digest: "sha256:${digest}" }
gates: [{ gate: metric-threshold, metric: auc, atLeast: 0.7 }]
approvals: ${typeof approvals === 'string' ? approvals : `[{ role: approver, count: ${approvals} }]`}
${more}`;
    expectOk(await this.platform.call('POST', '/api/v1/policies', { text }, this.person('max').token));
  }

  async request(model: string, pointer: string, version: number): Promise<string> {
    return this.requestTogether([{ model, pointer, version }], { reason: `version ${version} is better` });
  }

  /** One request for several moves. */
  async requestTogether(
    moves: readonly { model: string; pointer: string; version: number }[],
    { by = 'eve', reason = 'these are better' } = {},
  ): Promise<string> {
    const wanted = moves.map(({ version, ...move }) => ({ ...move, version: String(version) }));
    const body = { moves: wanted, reason };
    return expectOk(await this.platform.call('POST', '/api/v1/promotions', body, this.person(by).token)).body.id;
  }

  approve(id: string, by: string): Promise<TestAnswer> {
    const { password, token } = this.person(by);
    const body = { comment: `${by} looked at it`, credential: { password } };
    return this.platform.call('POST', `/api/v1/promotions/${id}/approve`, body, token);
  }

  /** Asks, and has it approved by Ada. Returns the request's id. */
  async promote(model: string, pointer: string, version: number): Promise<string> {
    const id = await this.request(model, pointer, version);
    const { body } = expectOk(await this.approve(id, 'ada'));
    if (body.state !== 'applied') throw new Error(`the request is ${body.state}: ${body.outcome}`);
    return id;
  }

  private async evaluateToken({ name, version }: NamedVersion): Promise<string> {
    this.jobs += 1;
    const jobId = `evaluation-${this.jobs}`;
    await this.world.runningEvaluation(jobId, { name, version });
    const of = { epoch: 1, runId: null, onBehalfOf: this.person('eve').id, workspace: 'default' };
    return this.platform.get(JobTokens).issue({ jobId, recipe: 'evaluate', ...of }, this.platform.get(Clock).now());
  }
}

function expectOk(answer: TestAnswer): TestAnswer {
  if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}
