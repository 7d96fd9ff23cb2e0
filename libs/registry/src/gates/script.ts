import { createHash } from 'node:crypto';
import type { Gate } from '@assay/contracts';
import { canonicalJson, canonicalJsonBytes } from '@assay/pure/formats';
import type { CheckVerdict } from '@assay/runner-reads';
import type { CheckedVersion, Finding, GateFacts } from './gate-facts.js';

type Script = Extract<Gate, { gate: 'script' }>;

export function scriptText({ recipe, script, parameters }: Script): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name} = ${String(value)}`);
  return `the script ${script.slice(0, 19)}… of the recipe ${recipe} passes the version${given.length === 0 ? '' : ` with ${given.join(', ')}`}`;
}

/** The newest job that runs this script with these parameters over the version and the pinned data: what it says, once it has ended well. */
export function scriptVerdict(gate: Script, { checked }: GateFacts): Finding {
  const none: Finding = {
    outcome: 'missing',
    observed: `no job of the recipe ${gate.recipe} has run this script with these parameters over the version: submit one`,
    looked: [],
  };
  if (checked === null) return none;
  if (checked.onTrainingData)
    return { outcome: 'failed', observed: 'the version was trained on the pinned data', looked: [] };
  const newest = checked.verdicts.find((verdict) => answers(verdict, gate, checked));
  if (newest === undefined) return none;
  const { jobId, state, said, endedAt, error } = newest;
  if (state === 'failed' || state === 'cancelled')
    return {
      outcome: 'missing',
      observed: `the job ${jobId} ${state}${error === null ? '' : `: ${error}`}`,
      looked: [],
    };
  if (said === null || endedAt === null)
    return { outcome: 'missing', observed: `the job ${jobId} is ${state}`, looked: [] };
  const digest = createHash('sha256')
    .update(canonicalJsonBytes({ job: jobId, ...said, parameters: { ...newest.parameters } }))
    .digest('hex');
  return {
    outcome: said.passed ? 'passed' : 'failed',
    observed: `${said.reason} (job ${jobId}, ${said.network === 'none' ? 'without a network' : 'the network was not cut off'})`,
    looked: [{ kind: 'job', id: jobId, digest, at: endedAt }],
  };
}

/** Whether a job is about this question; one that has ended well says itself what it read, whatever the model was called. */
function answers({ script, parameters, said, state }: CheckVerdict, gate: Script, checked: CheckedVersion): boolean {
  const pinned = gate.script.replace(/^sha256:/, '');
  if (script !== pinned || canonicalJson({ ...parameters }) !== canonicalJson({ ...gate.parameters })) return false;
  if (state !== 'succeeded') return true;
  return (
    said !== null && said.script === pinned && said.manifest === checked.manifest && said.dataset === checked.dataset
  );
}
