import {
  evaluationList,
  movedPointers,
  pointerHistory,
  pointerList,
  pointerState,
  versionManifest,
} from '@assay/contracts';
import { Command } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { quoted, searchModelsAnswer, searchVersionsAnswer, type WireModel } from '../mlflow-wire.js';
import { fields, table } from '../output/table.js';
import { modelReference, moveReference, pointerReference } from '../references.js';

export function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .description('Registered models, their versions and pointers.')
    .addCommand(list(context))
    .addCommand(versions(context))
    .addCommand(manifest(context))
    .addCommand(pointer(context))
    .addCommand(history(context))
    .addCommand(move(context))
    .addCommand(evaluations(context));
}

function list(context: CommandContext): Command {
  return command('list', 'List registered models.', 'assay models list').action(async (options: CommonOptions) => {
    const api = clientOf(context, options);
    const models: WireModel[] = [];
    for (let page: string | undefined; ;) {
      const found = await api.get('/api/2.0/mlflow/registered-models/search', searchModelsAnswer, {
        max_results: 200,
        page_token: page,
      });
      models.push(...found.registered_models);
      page = found.next_page_token;
      if (page === undefined || page === '') break;
    }
    answer(context, options, models, () =>
      table(models, [
        { title: 'model', value: (row) => row.name },
        {
          title: 'pointers',
          value: (row) => row.aliases.map(({ alias, version }) => `${alias}→${version}`).join(', ') || null,
        },
        { title: 'description', value: (row) => row.description || null },
      ]),
    );
  });
}

function versions(context: CommandContext): Command {
  return command('versions', 'List the versions of a model, newest first.', 'assay models versions credit-risk')
    .argument('<model>', 'registered model')
    .action(async (name: string, options: CommonOptions) => {
      const found = await clientOf(context, options).get(
        '/api/2.0/mlflow/model-versions/search',
        searchVersionsAnswer,
        { filter: `name=${quoted(name)}`, max_results: 200 },
      );
      const rows = found.model_versions.toSorted((one, other) => Number(other.version) - Number(one.version));
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'version', value: (row) => row.version, align: 'right' },
          { title: 'stage', value: (row) => row.current_stage || null },
          { title: 'pointers', value: (row) => row.aliases.join(', ') || null },
          { title: 'run', value: (row) => row.run_id || null },
          {
            title: 'registered',
            value: (row) =>
              row.creation_timestamp === undefined ? null : new Date(row.creation_timestamp).toISOString(),
          },
        ]),
      );
    });
}

function manifest(context: CommandContext): Command {
  return command(
    'manifest',
    'Show the files of a sealed version with their SHA-256.',
    'assay models manifest credit-risk:1',
  )
    .argument('<model:version>', 'model version')
    .action(async (reference: string, options: CommonOptions) => {
      const { name, version } = modelReference(reference);
      const found = await clientOf(context, options).get(
        `/api/v1/models/${segment(name)}/versions/${version}/manifest`,
        versionManifest,
      );
      answer(context, options, found, () => {
        const files = table(found.files, [
          { title: 'file', value: (row) => row.path },
          { title: 'bytes', value: (row) => row.size, align: 'right' },
          { title: 'sha256', value: (row) => row.sha256 },
        ]);
        return `${fields({ version: `${name}:${version}`, digest: found.digest })}\n${files}`;
      });
    });
}

function pointer(context: CommandContext): Command {
  return command(
    'pointer',
    'Show what a pointer holds, now or at a time.',
    'assay models pointer credit-risk@champion --as-of 2024-05-01T00:00:00Z',
  )
    .argument('<model@pointer>', 'pointer')
    .option('--as-of <time>', 'what it held then')
    .action(async (reference: string, options: CommonOptions & { asOf?: string }) => {
      const { name, alias } = pointerReference(reference);
      const found = await clientOf(context, options).get(
        `/api/v1/models/${segment(name)}/pointers/${segment(alias)}`,
        pointerState,
        { asOf: options.asOf },
      );
      answer(context, options, found, () =>
        found.version === null ? `${reference} held nothing.\n` : `${found.version}\n`,
      );
    });
}

function history(context: CommandContext): Command {
  return command(
    'history',
    'Show every move of a pointer: when, who, why.',
    'assay models history credit-risk@champion',
  )
    .argument('<model@pointer>', 'pointer')
    .action(async (reference: string, options: CommonOptions) => {
      const { name, alias } = pointerReference(reference);
      const found = await clientOf(context, options).get(
        `/api/v1/models/${segment(name)}/pointers/${segment(alias)}/history`,
        pointerHistory,
      );
      answer(context, options, found.moves, () =>
        table(found.moves, [
          { title: 'at', value: (row) => row.movedAt },
          { title: 'from', value: (row) => row.from, align: 'right' },
          { title: 'to', value: (row) => row.to, align: 'right' },
          { title: 'by', value: (row) => row.actor.id },
          { title: 'via', value: (row) => row.via },
          { title: 'request', value: (row) => row.requestId },
          { title: 'reason', value: (row) => row.reason },
        ]),
      );
    });
}

function move(context: CommandContext): Command {
  return command(
    'move',
    'Move unguarded pointers, all of them or none. Refused if somebody else moves one meanwhile.',
    'assay models move credit-risk@champion=2 credit-risk@challenger=1 --reason "swapped"',
  )
    .argument('<model@pointer=version...>', 'pointer and what it is to hold, "none" for nothing')
    .option('--reason <text>', 'why')
    .action(async (wanted: readonly string[], options: CommonOptions & { reason?: string }) => {
      const api = clientOf(context, options);
      const asked = wanted.map(moveReference).map(({ name: model, ...move }) => ({ model, ...move }));
      const moves = [];
      for (const each of asked) moves.push({ ...each, expected: await holderOf(api, each) });
      const { reason } = options;
      const { body } = await api.post('/api/v1/pointer-moves', movedPointers, {
        moves,
        ...(reason === undefined ? {} : { reason }),
      });
      answer(context, options, body.pointers, () =>
        table(body.pointers, [
          { title: 'pointer', value: (row) => `${row.model}@${row.pointer}` },
          { title: 'version', value: (row) => row.version, align: 'right' },
          { title: 'since', value: (row) => row.move?.movedAt },
        ]),
      );
    });
}

/** What a pointer holds now; a pointer that was never set holds nothing. */
async function holderOf(api: ApiClient, { model, alias }: { model: string; alias: string }): Promise<string | null> {
  const { pointers } = await api.get(`/api/v1/models/${segment(model)}/pointers`, pointerList);
  return pointers.find(({ pointer: name }) => name === alias)?.version ?? null;
}

function evaluations(context: CommandContext): Command {
  return command(
    'evaluations',
    'Show what the platform measured of a model.',
    'assay models evaluations credit-risk --model-version 2',
  )
    .argument('<model>', 'registered model')
    .option('--model-version <n>', 'only of this version')
    .action(async (model: string, options: CommonOptions & { modelVersion?: string }) => {
      const { evaluations: rows } = await clientOf(context, options).get('/api/v1/evaluations', evaluationList, {
        model,
        version: options.modelVersion,
      });
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'version', value: (row) => row.model.version, align: 'right' },
          { title: 'dataset', value: (row) => `${row.dataset.name}:${row.dataset.version}` },
          { title: 'rows', value: (row) => row.rows, align: 'right' },
          { title: 'auc', value: (row) => row.metrics.auc, align: 'right' },
          { title: 'accuracy', value: (row) => row.metrics.accuracy, align: 'right' },
          { title: 'calibration error', value: (row) => row.metrics.calibration_error, align: 'right' },
          {
            title: 'largest auc gap',
            value: (row) => Math.max(0, ...row.slices.map((slice) => slice.gaps.auc ?? 0)),
            align: 'right',
          },
          { title: 'at', value: (row) => row.createdAt },
        ]),
      );
    });
}
