import {
  type DatasetVersion,
  datasetVersion,
  type Job,
  job,
  jobList,
  type Promotion,
  promotion,
  promotionList,
  submitJobRequest,
} from '@assay/contracts';
import type { z } from 'zod';
import { type ApiClient, segment } from '../api-client.js';
import { followJob, hasEnded } from '../follow-job.js';
import { BrokenStory, type Demo } from './demo.js';
import { story, type StoryNames } from './story.js';

/** Registers rows as a dataset version; the same bytes give the version that is there. */
export async function registerDataset(demo: Demo, name: string, csv: string): Promise<DatasetVersion> {
  const roles = `target=${story.target}&identifier=${story.idColumn}&sensitive=sex&sensitive=age`;
  const answer = await demo.as('engineer').call('POST', `/api/v1/datasets/${segment(name)}/versions?${roles}`, {
    schema: datasetVersion,
    body: csv,
    contentType: 'text/csv',
  });
  return answer.body;
}

type JobInput = z.input<typeof submitJobRequest>;

/** Runs a job to its end. The run's name tells jobs of the story apart, so a demo that was cut off finds the one it had asked for. */
export async function runJob(demo: Demo, request: JobInput): Promise<Job> {
  const wanted = submitJobRequest.parse(request);
  const api = demo.as('engineer');
  const { jobs } = await api.get('/api/v1/jobs', jobList, { limit: 500 });
  const before = jobs.find(
    (one) =>
      one.recipe === wanted.recipe &&
      one.spec.params.runName === wanted.params.runName &&
      (!hasEnded(one.state) || one.state === 'succeeded'),
  );
  const asked = before ?? (await api.post('/api/v1/jobs', job, wanted)).body;
  return toEnd(demo, asked.id);
}

/** Cancels what earlier tellings left running, so that this one does not wait behind it. */
export async function cancelLeftOvers(api: ApiClient, names: StoryNames): Promise<void> {
  const { jobs } = await api.get('/api/v1/jobs', jobList, { limit: 500 });
  for (const one of jobs) {
    if (hasEnded(one.state) || one.spec.params.experiment === names.experiment) continue;
    await api.post(`/api/v1/jobs/${segment(one.id)}/cancel`, job, {});
  }
}

/** Follows a job with its progress, and insists that it succeeds. */
export async function toEnd(demo: Demo, id: string): Promise<Job> {
  const ended = await followJob(demo.as('engineer'), id, {
    pause: demo.context.pause,
    progress: demo.progress,
    intervalMs: 250,
  });
  if (ended.state !== 'succeeded')
    throw new BrokenStory(`The ${ended.recipe} job ${id} ${ended.state}: ${ended.error ?? 'no reason given'}`);
  return ended;
}

/** A promotion request of this telling for a version; opened if it is not there, and looked at until the gates are evaluated. */
export async function requestPromotion(
  demo: Demo,
  version: string,
  pointer: string,
  reason: string,
): Promise<Promotion> {
  const api = demo.as('engineer');
  const { promotions } = await api.get('/api/v1/promotions', promotionList, { model: demo.names.model, pointer });
  const before = promotions.find(
    ({ moves, state }) =>
      moves.length === 1 && moves[0]?.version === version && state !== 'withdrawn' && state !== 'superseded',
  );
  let seen =
    before ??
    (
      await api.post('/api/v1/promotions', promotion, {
        moves: [{ model: demo.names.model, pointer, version }],
        reason,
      })
    ).body;
  for (let tries = 0; tries < 120 && (seen.state === 'open' || seen.state === 'checking'); tries += 1) {
    demo.progress.update('the server evaluates the gates', tries, null);
    await demo.context.pause(250);
    seen = await api.get(`/api/v1/promotions/${segment(seen.id)}`, promotion);
  }
  return seen;
}

/** Looks again until the answer is there. */
export async function waitFor<T>(demo: Demo, what: string, look: () => Promise<T | null>, tries = 240): Promise<T> {
  for (let turn = 0; turn < tries; turn += 1) {
    const found = await look();
    if (found !== null) return found;
    demo.progress.update(what, turn, null);
    await demo.context.pause(250);
  }
  throw new BrokenStory(`Waited in vain: ${what}.`);
}
