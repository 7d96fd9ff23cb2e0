import { Clock } from '@assay/platform/database';
import type { INestApplicationContext } from '@nestjs/common';
import { vi } from 'vitest';
import type { Answer, StoryProbe } from './route-caller.js';
import type { Cast } from './story-of-people.js';
import { ownPassword } from './story-of-people.js';
import type { Registered } from './story-of-registry.js';

/** A policy is published, requests under it are approved, refused, withdrawn and left to expire, and its pointer is moved in an emergency. */
export async function storyOfPromotions(
  probe: StoryProbe,
  app: INestApplicationContext,
  { ids }: Cast,
  { model, dataset }: Registered,
): Promise<void> {
  const text = (atLeast: number): string => `policy: champions
guards: { models: [${model}], pointers: [champion] }
evidence: { dataset: ${dataset.name}, digest: "sha256:${dataset.digest}" }
gates:
  - { gate: metric-threshold, metric: auc, atLeast: ${atLeast} }
approvals:
  - { role: approver }
breakGlass: { role: maintainer, expiresAfter: 4h, review: { role: approver, within: 48h } }
`;
  const publish = (body: object): Promise<Answer> => probe.send({ route: 'POST /api/v1/policies', as: 'max', body });
  await publish({ text: text(0.7), dryRun: true });
  await publish({ text: text(0.7) });
  await publish({ text: text(0.72) });

  await probe.send({
    route: 'PUT /api/v1/environments',
    as: 'max',
    body: {
      environments: [
        { name: 'dev', aliases: [] }, // where the guarded pointers that nobody names stay
        { name: 'production', aliases: ['champion', 'stage:Production'] },
      ],
    },
  });

  const request = async (version: string): Promise<string> => {
    const made = await probe.send({
      route: 'POST /api/v1/promotions',
      as: 'eve',
      body: { moves: [{ model, pointer: 'champion', version }], reason: 'it is better' },
    });
    if (made.requestedBy.id !== ids.eve) throw new Error(`the request stands in another name: ${JSON.stringify(made)}`);
    return made.id;
  };
  const then = (
    what: 'check' | 'approve' | 'refuse' | 'withdraw',
    as: string,
    id: string,
    body?: object,
  ): Promise<Answer> =>
    probe.send({ route: `POST /api/v1/promotions/:id/${what}`, as, params: { id }, ...(body ? { body } : {}) });
  const signature = { comment: 'looked at it', credential: { password: ownPassword('ada') } };

  const good = await request('1');
  const applied = await then('approve', 'ada', good, signature);
  if (applied.state !== 'applied') throw new Error(`the approved request is ${applied.state}`);
  await then('refuse', 'ada', await request('2'), signature);
  await then('withdraw', 'eve', await request('3'), { comment: 'not yet' });

  const late = await request('3');
  const clock = app.get(Clock, { strict: false });
  const now = vi.spyOn(clock, 'now').mockReturnValue(new Date(clock.now().getTime() + 30 * 86_400_000));
  const expired = await then('check', 'eve', late);
  now.mockRestore();
  if (expired.state !== 'expired') throw new Error(`a month later the request is ${expired.state}`);

  const broken = await probe.send({
    route: 'POST /api/v1/break-glass',
    as: 'max',
    body: {
      model,
      pointer: 'champion',
      version: '2',
      expectedHolder: '1',
      reason: 'it refuses everybody',
      credential: { password: ownPassword('max') },
    },
  });
  const reviewed = await probe.send({
    route: 'POST /api/v1/break-glass/:id/review',
    as: 'ada',
    params: { id: broken.id },
    body: { ...signature, verdict: 'justified' },
  });
  if (reviewed.review?.verdict !== 'justified') throw new Error('the emergency move was not reviewed');
}
