import { readFileSync } from 'node:fs';
import { job, recipeNames, type SubmitJobRequest } from '@assay/contracts';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { answer, clientOf, command, type CommandContext, type CommonOptions, remark } from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { followJob, refuseUnlessSucceeded } from '../follow-job.js';
import { jobFrom, jobFromFile, parsePairs } from '../job-parameters.js';
import { jobFields } from '../output/job-text.js';
import { progress } from '../output/progress.js';
import { datasetReference, modelReference, pointerReference } from '../references.js';

interface RunOptions extends CommonOptions {
  readonly dataset?: string;
  readonly model?: string;
  readonly comparedWith?: string;
  readonly experiment?: string;
  readonly param: string[];
  readonly queue?: string;
  readonly priority?: string;
  readonly file?: string;
  readonly wait: boolean;
  readonly logs?: boolean;
}

export function runCommand(context: CommandContext): Command {
  const collect = (pair: string, pairs: string[]): string[] => [...pairs, pair];
  return command(
    'run',
    'Ask the platform to run a job, and follow it to its end.',
    'assay run tabular --dataset german-credit:1 --experiment credit-risk -p target=credit_risk -p positive=bad -p exclude=applicant_id,sex -p register=credit-risk',
  )
    .argument('[recipe]', `recipe: ${recipeNames.join(', ')}`)
    .option('--dataset <name:version>', 'dataset version to read')
    .option('--model <reference>', 'model to evaluate (name:version), or pointer to score with (name@alias)')
    .option('--compared-with <name:version>', 'evaluate: version to measure beside it')
    .option('--experiment <name>', 'experiment that gets the run')
    .option('-p, --param <name=value>', 'parameter of the recipe; repeat it', collect, [])
    .option('--queue <name>', 'queue')
    .option('--priority <n>', 'higher goes first')
    .option('--file <path>', 'the whole job from a YAML or JSON file')
    .option('--logs', 'show every log line')
    .option('--no-wait', 'only ask for it, and print its id')
    .action(async (recipe: string | undefined, options: RunOptions) =>
      run(context, requestOf(recipe, options), options),
    );
}

async function run(context: CommandContext, request: SubmitJobRequest, options: RunOptions): Promise<void> {
  const api = clientOf(context, options);
  const { body: submitted } = await api.post('/api/v1/jobs', job, request);
  remark(context, `Job ${submitted.id} (${submitted.recipe}) is ${submitted.state}.`);
  if (!options.wait) {
    answer(context, options, submitted, () => `${submitted.id}\n`);
    return;
  }
  remark(context, 'Ctrl-C ends the looking, not the job.');
  const ended = await followJob(api, submitted.id, {
    pause: context.pause,
    progress: progress(context.terminal),
    logs: options.logs === true,
  });
  answer(context, options, ended, () => jobFields(ended));
  refuseUnlessSucceeded(ended);
}

/** The request that the options describe. */
export function requestOf(recipe: string | undefined, options: RunOptions): SubmitJobRequest {
  if (options.file !== undefined) return jobFromFile(parse(readText(options.file)));
  if (recipe === undefined)
    throw new CliError(`Say what to run: one of ${recipeNames.join(', ')}, or --file.`, exitCodes.usage);
  const inputs: Record<string, unknown> = {};
  if (options.dataset !== undefined) inputs.dataset = datasetReference(options.dataset);
  if (options.model !== undefined)
    inputs.model = options.model.includes('@') ? pointerReference(options.model) : modelReference(options.model);
  if (options.comparedWith !== undefined) inputs.comparedWith = modelReference(options.comparedWith);
  const typed = {
    ...(options.experiment === undefined ? {} : { experiment: options.experiment }),
    ...parsePairs(options.param),
  };
  const scheduling = {
    ...(options.queue === undefined ? {} : { queue: options.queue }),
    ...(options.priority === undefined ? {} : { priority: Number(options.priority) }),
  };
  return jobFrom(recipe, inputs, typed, scheduling);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(
      `${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      exitCodes.usage,
    );
  }
}
