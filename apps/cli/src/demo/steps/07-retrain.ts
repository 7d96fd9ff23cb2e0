import { type Job, job, pointerHistory, trigger } from '@assay/contracts';
import { segment } from '../../api-client.js';
import { type Demo, type Step, textFact } from '../demo.js';
import { evaluateVersion, evaluationText } from '../evaluation-job.js';
import { requestPromotion, runJob, toEnd, waitFor } from '../find-or-make.js';
import { approve, downloadChampion, gateFacts, gatesText, holder } from '../promotion-steps.js';
import { story } from '../story.js';
import { trainingJob } from '../training-job.js';

export const retrain: Step = {
  id: 'retrain',
  title: 'The alarm started a retraining; the challenger is measured, approved, swapped in',
  run: async (demo) => {
    const champion = textFact(demo, 'register-model', 'version');
    const started = await triggeredJob(demo);
    const challenger = String(started.result?.version ?? '');
    demo.holds(Number(challenger) > Number(champion), `it registered version ${challenger}`);
    const { jobId: evaluationJob, evaluation } = await evaluateVersion(demo, challenger, champion);
    demo.tell(evaluationText(evaluation));
    demo.holds(
      evaluation.comparedWith?.version === champion,
      'the challenger was measured beside the champion, on the same applicants',
    );

    const request = await requestPromotion(
      demo,
      challenger,
      story.pointer,
      'Retrained after the alarm on who applies now',
    );
    demo.tell(gatesText(request));
    demo.holds(
      request.gates.every(({ outcome }) => outcome === 'passed'),
      `all ${request.gates.length} gates passed`,
    );
    const applied =
      request.state === 'applied'
        ? request
        : await approve(
            demo,
            'approver',
            request,
            'Every gate passed, and it was measured beside the champion on the same applicants',
          );
    demo.holds(
      applied.state === 'applied' && (await holder(demo)) === challenger,
      `${demo.names.model}@${story.pointer} now holds version ${challenger}`,
    );
    const swap = await swapTime(demo, challenger);
    const before = new Date(Date.parse(swap) - 1).toISOString();
    demo.holds(
      (await holder(demo, before)) === champion,
      `asOf ${before}, just before the swap, it still answers version ${champion}`,
    );
    demo.holds(
      (await downloadChampion(demo)).version === challenger,
      `models:/${demo.names.model}@${story.pointer} resolves to version ${challenger}`,
    );
    const weak = await weakChallenger(demo, challenger);
    return {
      jobId: started.id,
      triggerId: textFact(demo, 'watch', 'triggerId'),
      eventId: started.trigger?.eventId,
      version: challenger,
      evaluationJob,
      metrics: evaluation.metrics,
      promotionId: request.id,
      gates: gateFacts(request),
      swappedAt: swap,
      asOfBefore: before,
      asOfVersion: champion,
      weak,
    };
  },
};

/** The job that the trigger started by itself: the demo only looks. */
async function triggeredJob(demo: Demo): Promise<Job> {
  const api = demo.as('engineer');
  const triggerId = textFact(demo, 'watch', 'triggerId');
  const jobId = await waitFor(demo, 'the alert starts the retraining', async () => {
    const { firings } = await api.get(`/api/v1/triggers/${segment(triggerId)}`, trigger);
    return firings[0]?.jobId ?? null;
  });
  const found = await api.get(`/api/v1/jobs/${segment(jobId)}`, job);
  demo.holds(
    found.trigger?.id === triggerId,
    `the trigger started it, not the demo (event ${found.trigger?.eventId ?? ''})`,
  );
  return toEnd(demo, jobId);
}

/** When the pointer came to hold a version, by the server's ledger. */
async function swapTime(demo: Demo, version: string): Promise<string> {
  const { moves } = await demo
    .as('engineer')
    .get(`/api/v1/models/${segment(demo.names.model)}/pointers/${story.pointer}/history`, pointerHistory);
  return moves.find(({ to }) => to === version)?.movedAt ?? '';
}

/** A challenger that hardly learnt: the gates must refuse it, and the pointer must not move. */
async function weakChallenger(demo: Demo, champion: string): Promise<Record<string, unknown>> {
  const trained = await runJob(
    demo,
    trainingJob(demo, {
      dataset: { name: 'german-credit-training', version: Number(demo.fact('register-dataset', 'trainingVersion')) },
      runName: demo.names.run('weak-challenger'),
      seed: story.seeds.weak,
      epochs: 1,
      learningRate: 0.000_001,
      register: demo.names.model,
    }),
  );
  const version = String(trained.result?.version ?? '');
  const { evaluation } = await evaluateVersion(demo, version, champion);
  const request = await requestPromotion(demo, version, story.pointer, 'Hardly trained: this one must not pass');
  demo.tell(gatesText(request));
  const failed = request.gates.filter(({ outcome }) => outcome === 'failed');
  demo.holds(
    request.state === 'refused' && failed.length > 0,
    `version ${version}, which hardly learnt, is refused by ${failed.map(({ gate }) => gate).join(', ')}`,
  );
  demo.holds((await holder(demo)) === champion, `the pointer still holds version ${champion}`);
  return {
    jobId: trained.id,
    version,
    metrics: evaluation.metrics,
    promotionId: request.id,
    outcome: request.outcome,
    gates: gateFacts(request),
  };
}
