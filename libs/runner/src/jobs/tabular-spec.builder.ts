import { type SubmitJobRequest, submitJobRequest } from '@assay/contracts';

/** A submission of the tabular recipe for tests; change what the test is about. */
export function aTabularJob(
  changes: { params?: Record<string, unknown>; queue?: string; priority?: number; maxAttempts?: number } = {},
): SubmitJobRequest {
  const { params, ...rest } = changes;
  return submitJobRequest.parse({
    recipe: 'tabular',
    inputs: { dataset: { name: 'german-credit', version: 1 } },
    params: { experiment: 'credit', target: 'credit_risk', positive: 'bad', ...params },
    ...rest,
  });
}
