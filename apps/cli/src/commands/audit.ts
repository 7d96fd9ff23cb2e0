import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { auditRecordDetailResponse, searchAuditRecordsResponse } from '@assay/contracts';
import { Command } from 'commander';
import { segment } from '../api-client.js';
import { verificationText, verifyAudit } from '../audit-verify.js';
import {
  answer,
  clientOf,
  command,
  type CommandContext,
  type CommonOptions,
  remark,
  targetOf,
} from '../command-context.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { progress } from '../output/progress.js';
import { table } from '../output/table.js';

export function auditCommand(context: CommandContext): Command {
  return new Command('audit')
    .description('The audit log: look, export, verify.')
    .addCommand(records(context))
    .addCommand(show(context))
    .addCommand(exportLog(context))
    .addCommand(verifyLog(context));
}

function records(context: CommandContext): Command {
  return command(
    'records',
    'Search the log, newest first.',
    'assay audit records --action registry.promotion. --outcome refused',
  )
    .option('--actor <id>', 'id of who acted')
    .option('--action <name>', 'an action, or its beginning ending in "."')
    .option('--target <id>', 'id of the object')
    .option('--outcome <outcome>', 'success or refused')
    .option('--text <text>', 'text anywhere in the record')
    .option('--limit <n>', 'most records shown', '50')
    .action(
      async (
        options: CommonOptions & {
          actor?: string;
          action?: string;
          target?: string;
          outcome?: string;
          text?: string;
          limit: string;
        },
      ) => {
        const { actor, action, target, outcome, text, limit } = options;
        const found = await clientOf(context, options).get('/api/v1/audit/records', searchAuditRecordsResponse, {
          actor,
          action,
          targetId: target,
          outcome,
          text,
          limit,
        });
        answer(context, options, found.records, () =>
          table(found.records, [
            { title: 'index', value: (row) => row.index, align: 'right' },
            { title: 'time', value: (row) => row.time },
            { title: 'actor', value: (row) => row.actor.id },
            { title: 'action', value: (row) => row.action },
            {
              title: 'target',
              value: (row) =>
                `${row.target.type} ${row.target.id}${row.target.version === null ? '' : `:${row.target.version}`}`,
            },
            { title: 'outcome', value: (row) => row.outcome },
          ]),
        );
      },
    );
}

function show(context: CommandContext): Command {
  return command('show', 'Show one record, exactly as it is hashed.', 'assay audit show 01990c…')
    .argument('<id>', 'id of the record')
    .action(async (id: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(
        `/api/v1/audit/records/${segment(id)}`,
        auditRecordDetailResponse,
      );
      answer(context, options, found, () => `${found.leaf}\n`);
    });
}

function exportLog(context: CommandContext): Command {
  return command(
    'export',
    'Write the log to a file that anyone can verify without the server.',
    'assay audit export audit.jsonl',
  )
    .argument('<file>', 'file to write')
    .action(async (file: string, options: CommonOptions) => {
      const response = await clientOf(context, options).send('GET', '/api/v1/audit/export');
      const bytes = await writeBody(context, response, file);
      answer(context, options, { file, bytes }, () => `${file}\n`);
      remark(context, `${bytes} bytes. Verify with: assay audit verify ${file}`);
    });
}

function verifyLog(context: CommandContext): Command {
  return command(
    'verify',
    'Verify an archive, or the log of a server, down to each record. Ends with 6 if anything was changed.',
    'assay audit verify audit.jsonl --key "$KEPT_KEY" --checkpoint kept.txt',
  )
    .argument('<archive|url>', 'exported file, or address of a server')
    .option('--key <key...>', 'signing keys that you trust, kept from before')
    .option('--checkpoint <file...>', 'checkpoints that you kept: signed notes, or Assay-Checkpoint headers')
    .action(async (source: string, options: CommonOptions & { key?: string[]; checkpoint?: string[] }) => {
      const shown = progress(context.terminal);
      const token = /^https?:/.test(source) ? targetOf(context, { ...options, url: source }).token : null;
      const report = await verifyAudit(source, {
        keys: options.key,
        checkpointFiles: options.checkpoint,
        token,
        request: context.request,
        onProgress: (stage, done, total) => shown.update(stage, done, total),
      }).finally(() => shown.stop());
      answer(context, options, report, () => verificationText(report));
      if (!report.ok) throw new CliError('The audit log does not verify.', exitCodes.negative);
    });
}

/** Streams an answer into a file, telling how far it is. */
export async function writeBody(context: CommandContext, response: Response, file: string): Promise<number> {
  const { body } = response;
  if (body === null) throw new CliError('The server answered nothing.');
  const shown = progress(context.terminal);
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      shown.update('writing (kB)', Math.round(bytes / 1000), null);
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(body), counter, createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    throw new CliError(`The export broke off: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    shown.stop();
  }
  return bytes;
}
