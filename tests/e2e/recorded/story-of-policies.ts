import type { StoryProbe } from './route-caller.js';
import { ownPassword } from './story-of-people.js';
import type { Registered } from './story-of-registry.js';

/** A policy that guards a pointer is to change: that is refused, taken back, and at last accepted. */
export async function storyOfPolicies(probe: StoryProbe, { model, dataset }: Registered): Promise<void> {
  const text = (atLeast: number): string => `policy: ruled
guards: { models: [${model}], pointers: [ruled] }
evidence: { dataset: ${dataset.name}, digest: "sha256:${dataset.digest}" }
gates:
  - { gate: metric-threshold, metric: auc, atLeast: ${atLeast} }
approvals:
  - { role: approver }
`;
  const signature = { comment: 'looked at it', credential: { password: ownPassword('ada') } };
  const proposed = async (atLeast: number): Promise<string> => {
    const body = { text: text(atLeast), reason: 'as agreed' };
    const { state, proposalId } = await probe.send({ route: 'POST /api/v1/policies', as: 'max', body });
    if (state !== 'proposed') throw new Error(`the change is ${state}`);
    return proposalId;
  };
  const decide = async (what: 'accept' | 'refuse' | 'withdraw', as: string, id: string, body: object) =>
    probe.send({ route: `POST /api/v1/policies/:name/proposals/:id/${what}`, as, params: { name: 'ruled', id }, body });

  await probe.send({ route: 'POST /api/v1/policies', as: 'max', body: { text: text(0.7) } });
  await probe.send({
    route: 'POST /api/v1/policies/:name/dry-run',
    as: 'eve',
    params: { name: 'ruled' },
    body: { moves: [{ model, version: '1' }], text: text(0.6) },
  });
  await decide('refuse', 'ada', await proposed(0.6), signature);
  await decide('withdraw', 'max', await proposed(0.61), { comment: 'not yet' });
  const accepted = await decide('accept', 'ada', await proposed(0.65), signature);
  if (accepted.state !== 'accepted') throw new Error(`the accepted change is ${accepted.state}`);
}
