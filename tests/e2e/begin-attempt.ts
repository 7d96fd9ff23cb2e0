import type { INestApplicationContext } from '@nestjs/common';
import { AttemptTokens } from '../../libs/runner/src/attempts/attempt-tokens.js';
import { AdmitJobs } from '../../libs/runner/src/scheduling/admit-jobs.js';

/** Gives a waiting job its slot and its attempt as the runner does, and its token to the test, which is its worker. */
export async function beginAttempt(
  app: INestApplicationContext,
  id: string,
): Promise<{ epoch: number; token: string }> {
  const admit = app.get(AdmitJobs, { strict: false });
  await admit.execute();
  const job = (await admit.admitted()).find((one) => one.id === id);
  const begun = job === undefined ? null : await admit.begin(job);
  if (begun === null) throw new Error(`job ${id} got no attempt`);
  return { epoch: begun.epoch, token: await app.get(AttemptTokens, { strict: false }).issue(begun) };
}
