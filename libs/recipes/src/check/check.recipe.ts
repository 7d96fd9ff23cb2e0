import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CheckRecipe, JobResult } from '@assay/contracts';
import { tabularLabels } from '@assay/pure/ml';
import { artifactPath } from '../api/artifact-path.js';
import { loadDataset } from '../api/dataset.js';
import { JobRun } from '../api/job-run.js';
import { loadModelVersion } from '../api/model-version.js';
import type { Recipe, RecipeContext } from '../recipe.js';
import { runScript } from './run-script.js';

const runAnswer = z.looseObject({ run: z.looseObject({ info: z.looseObject({ artifact_uri: z.string() }) }) });

/** Runs a pinned script over the labels and scores of a version; its verdict is the job's result, which gates read. */
export const check: Recipe<CheckRecipe> = {
  name: 'check',
  version: 1,
  async run({ inputs, params }: CheckRecipe, context: RecipeContext): Promise<JobResult> {
    const run = await JobRun.open(context, params.experiment, params.runName, 'check');
    await run.logParams({
      model: `${inputs.model.name}/${inputs.model.version}`,
      script: inputs.script.sha256,
      parameters: params.parameters,
    });
    const script = await downloadScript(context, inputs.script);
    const dataset = await loadDataset(context, inputs.dataset);
    await run.logDataset(dataset, 'evaluation');
    const model = await loadModelVersion(context, inputs.model);
    try {
      const { passed, reason, network } = await runScript(
        script,
        {
          model: { name: model.name, version: model.version },
          dataset: { name: dataset.name, version: dataset.version, sha256: dataset.sha256 },
          rows: dataset.rows,
          labels: tabularLabels(model.preprocessing, dataset.rows),
          scores: model.score(dataset.rows),
          parameters: params.parameters,
        },
        {
          timeoutMs: params.timeoutSeconds * 1000,
          signal: context.signal,
          log: (line) => context.log(`script: ${line}`),
        },
      );
      context.log(`${passed ? 'passed' : 'failed'}: ${reason}`);
      if (network === 'open') context.log('this machine could not cut the script off from the network');
      await run.logMetrics([{ key: 'passed', value: passed ? 1 : 0 }]);
      await run.update('FINISHED');
      return {
        runId: run.runId,
        passed,
        reason,
        manifest: model.manifest,
        dataset: dataset.sha256,
        script: inputs.script.sha256,
        network,
      };
    } finally {
      model.dispose();
    }
  },
};

async function downloadScript(
  { api, log }: RecipeContext,
  { run, path, sha256 }: CheckRecipe['inputs']['script'],
): Promise<Uint8Array> {
  const answer = await api.get(`/api/2.0/mlflow/runs/get?run_id=${encodeURIComponent(run)}`, runAnswer);
  const bytes = await api.download(artifactPath(answer.run.info.artifact_uri, path));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`the script ${path} of run ${run} has the SHA-256 ${found}: it is not run`);
  log(`script ${path} of run ${run} (sha256 ${sha256.slice(0, 12)}…)`);
  return bytes;
}
