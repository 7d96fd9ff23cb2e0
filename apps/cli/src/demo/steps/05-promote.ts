import { type Policy, policy } from '@assay/contracts';
import { ApiError, segment } from '../../api-client.js';
import { type Demo, type Step, textFact } from '../demo.js';
import { requestPromotion } from '../find-or-make.js';
import {
  approve,
  downloadChampion,
  gateFacts,
  gatesText,
  holder,
  refusalRecord,
  refusedApproval,
} from '../promotion-steps.js';
import { policyText, story } from '../story.js';

export const promote: Step = {
  id: 'promote',
  title: 'Promotion under a policy: gates by the server, four eyes, the pointer moves',
  run: async (demo) => {
    const version = textFact(demo, 'register-model', 'version');
    const rule = await publishPolicy(demo);
    const request = await requestPromotion(demo, version, story.pointer, 'First model of the pilot');
    demo.tell(gatesText(request));
    demo.holds(
      request.gates.length > 0 && request.gates.every(({ outcome }) => outcome === 'passed'),
      `all ${request.gates.length} gates passed, evaluated by the server`,
    );
    demo.holds(
      request.mayNotApprove.some(({ id }) => id === demo.person('engineer').id),
      'the engineer trained, registered and asked, so may not approve',
    );

    let applied = request;
    let refusal: string | null = null;
    if (request.state !== 'applied') {
      const refused = await refusedApproval(demo, 'engineer', request, 'my own work');
      demo.holds(refused.status === 403, `the engineer's own approval is refused: "${refused.detail}"`);
      refusal = refused.detail;
      applied = await approve(demo, 'approver', request, 'Looked at the gates and at the groups: agreed');
    }
    const refusalId = await refusalRecord(demo, request.id);
    demo.holds(refusalId !== '', `the refused attempt stands in the audit log (${refusalId})`);
    demo.holds(applied.state === 'applied', 'the approver agreed, and the request is applied');
    demo.holds((await holder(demo)) === version, `${demo.names.model}@${story.pointer} holds version ${version}`);
    const champion = await downloadChampion(demo);
    demo.holds(
      champion.version === version,
      `models:/${demo.names.model}@${story.pointer} resolves to version ${version}`,
    );
    return {
      policy: rule.name,
      policyVersion: rule.version,
      policyDigest: rule.digest,
      promotionId: request.id,
      gates: gateFacts(request),
      refusedApproval: refusal,
      refusedAuditId: refusalId,
      approvedBy: demo.person('approver').id,
      version,
      downloadedFiles: champion.files,
    };
  },
};

/** The rule, published once: the same text again is the version that is there. */
async function publishPolicy(demo: Demo): Promise<Policy> {
  const text = policyText(demo.names, textFact(demo, 'register-dataset', 'heldOutDigest'));
  const admin = demo.as('admin');
  try {
    const current = await admin.get(`/api/v1/policies/${segment(demo.names.policy)}`, policy);
    if (current.text === text) return current;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
  const { body } = await admin.post('/api/v1/policies', policy, { text });
  demo.holds(
    body.guards.some(({ model, pointer }) => model === demo.names.model && pointer === story.pointer),
    `the policy guards ${demo.names.model}@${story.pointer}`,
  );
  return body;
}
