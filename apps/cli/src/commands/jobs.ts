import { type JobLogLine, job, jobList, jobLog, jobStates } from '@assay/contracts';
import { Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { followJob, refuseUnlessSucceeded } from '../follow-job.js';
import { progress } from '../output/progress.js';
import { jobFields, progressText } from '../output/job-text.js';
import { table } from '../output/table.js';

export function jobsCommand(context: CommandContext): Command {
  return new Command('jobs')
    .description('Jobs of the platform.')
    .addCommand(list(context))
    .addCommand(show(context))
    .addCommand(logs(context))
    .addCommand(cancel(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List jobs, newest first.', 'assay jobs list --state running')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(jobStates))
    .option('--limit <n>', 'most jobs shown', '20')
    .action(async (options: CommonOptions & { state?: string; limit: string }) => {
      const { jobs } = await clientOf(context, options).get('/api/v1/jobs', jobList, {
        state: options.state,
        limit: options.limit,
      });
      answer(context, options, jobs, () =>
        table(jobs, [
          { title: 'id', value: (row) => row.id },
          { title: 'recipe', value: (row) => row.recipe },
          { title: 'state', value: (row) => row.state },
          { title: 'progress', value: progressText },
          { title: 'asked for', value: (row) => row.createdAt },
          { title: 'by', value: (row) => row.createdBy },
        ]),
      );
    });
}

function show(context: CommandContext): Command {
  return command('show', 'Show a job; with --follow, until it has ended.', 'assay jobs show 01990c… --follow')
    .argument('<id>', 'id of the job')
    .option('--follow', 'follow it to its end')
    .action(async (id: string, options: CommonOptions & { follow?: boolean }) => {
      const api = clientOf(context, options);
      const found =
        options.follow === true
          ? await followJob(api, id, { pause: context.pause, progress: progress(context.terminal) })
          : await api.get(`/api/v1/jobs/${segment(id)}`, job);
      answer(context, options, found, () => jobFields(found));
      if (options.follow === true) refuseUnlessSucceeded(found);
    });
}

function logs(context: CommandContext): Command {
  return command('logs', 'Print the log of a job.', 'assay jobs logs 01990c… --follow')
    .argument('<id>', 'id of the job')
    .option('--follow', 'go on until it has ended')
    .action(async (id: string, options: CommonOptions & { follow?: boolean }) => {
      const api = clientOf(context, options);
      const kept: JobLogLine[] = [];
      for await (const line of logLines(api, id, options.follow === true, context.pause)) {
        if (options.json === true) kept.push(line);
        else context.terminal.out(`${line.at} ${line.level === 'info' ? '' : `${line.level}: `}${line.text}\n`);
      }
      if (options.json === true) answer(context, options, kept, () => '');
    });
}

function cancel(context: CommandContext): Command {
  return command('cancel', 'Cancel a job.', 'assay jobs cancel 01990c…')
    .argument('<id>', 'id of the job')
    .action(async (id: string, options: CommonOptions) => {
      const { body } = await clientOf(context, options).post(`/api/v1/jobs/${segment(id)}/cancel`, job, {});
      answer(
        context,
        options,
        body,
        () => `Job ${body.id} is ${body.state === 'cancelled' ? 'cancelled' : 'being cancelled'}.\n`,
      );
    });
}

async function* logLines(
  api: ApiClient,
  id: string,
  follow: boolean,
  pause: (milliseconds: number) => Promise<void>,
): AsyncGenerator<JobLogLine> {
  for (let after = 0; ;) {
    const page = await api.get(`/api/v1/jobs/${segment(id)}/logs`, jobLog, { after });
    yield* page.lines;
    const more = page.next > after && page.lines.length > 0;
    after = page.next;
    if (more) continue;
    if (page.ended || !follow) return;
    await pause(500);
  }
}
