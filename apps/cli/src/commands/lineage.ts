import { type DatasetUses, datasetUses, lineage, type LineageKind, lineageKinds } from '@assay/contracts';
import { Argument, Command, Option } from 'commander';
import { type ApiClient, segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { lineageDot, lineageMermaid, lineageTree } from '../output/lineage-graph.js';
import { fields, table } from '../output/table.js';
import { datasetReference } from '../references.js';

interface ShowOptions extends CommonOptions {
  readonly direction: string;
  readonly depth?: string;
  readonly limit?: string;
  readonly format: 'tree' | 'mermaid' | 'dot';
}

/** What people call the kinds. */
const shortNames: Readonly<Record<string, LineageKind>> = {
  dataset: 'dataset-version',
  model: 'model-version',
  pointer: 'pointer-move',
  window: 'prediction-window',
  alert: 'drift-alert',
};

const formats = { tree: lineageTree, mermaid: lineageMermaid, dot: lineageDot } as const;

/** `assay lineage`: where something comes from, and what became of it. */
export function lineageCommand(context: CommandContext): Command {
  return new Command('lineage')
    .description('Where something comes from, and what became of it.')
    .addCommand(show(context))
    .addCommand(usedBy(context));
}

function show(context: CommandContext): Command {
  return command(
    'show',
    'Show what something was made of, and what was made of it.',
    'assay lineage show model credit-risk:2\n  assay lineage show pointer credit-risk@champion --direction up --format mermaid',
  )
    .addArgument(new Argument('<kind>', 'what it is').choices([...Object.keys(shortNames), ...lineageKinds]))
    .argument('<id>', 'its id; also name:version of a model or dataset, and model@pointer')
    .addOption(new Option('--direction <way>', 'which way to look').choices(['up', 'down', 'both']).default('both'))
    .option('--depth <steps>', 'most steps from it')
    .option('--limit <nodes>', 'most things shown')
    .addOption(new Option('--format <form>', 'how to draw it').choices(Object.keys(formats)).default('tree'))
    .action(async (kind: string, id: string, options: ShowOptions) => {
      const { direction, depth, limit, format } = options;
      const path = `/api/v1/lineage/${segment(shortNames[kind] ?? kind)}/${segment(id)}`;
      const found = await clientOf(context, options).get(path, lineage, { direction, depth, limit });
      answer(context, options, found, () => formats[format](found));
    });
}

function usedBy(context: CommandContext): Command {
  return command(
    'used-by',
    'Show which runs, model versions and pointers a dataset version went into: what an erasure request asks.',
    'assay lineage used-by german-credit:1',
  )
    .argument('<name:version>', 'dataset version')
    .action(async (reference: string, options: CommonOptions) => {
      const { name, version } = datasetReference(reference);
      const path = `/api/v1/datasets/${segment(name)}/versions/${version}/used-by`;
      const found = await everyUse(clientOf(context, options), path);
      answer(context, options, found, () => {
        const head = fields({
          dataset: found.dataset,
          sha256: found.digest,
          'same content': found.sameContent.join(', ') || null,
          evaluations: found.evaluations.length,
        });
        const runs = table(found.runs, [
          { title: 'run', value: (row) => row.id },
          { title: 'name', value: (row) => row.name },
          { title: 'used for', value: (row) => row.use || null },
          { title: 'at', value: (row) => row.at },
        ]);
        const versions = table(found.versions, [
          { title: 'model version', value: (row) => `${row.model}:${row.version}` },
          { title: 'because', value: (row) => row.because },
          { title: 'at', value: (row) => row.at },
        ]);
        const pointers = table(found.pointers, [
          { title: 'pointer', value: (row) => `${row.model}@${row.pointer}` },
          { title: 'version', value: (row) => row.version, align: 'right' },
          { title: 'from', value: (row) => row.from },
          { title: 'until', value: (row) => row.until },
        ]);
        const more = found.truncated ? '\nThere are more uses than these.\n' : '';
        return `${head}\n${runs}\n${versions}\n${pointers}${more}`;
      });
    });
}

/** All pages as one: what stands on several of them stands once. */
async function everyUse(client: ApiClient, path: string): Promise<DatasetUses> {
  let all = await client.get(path, datasetUses);
  for (let pageToken = all.nextPageToken; pageToken !== null;) {
    const page = await client.get(path, datasetUses, { pageToken });
    all = {
      ...all,
      runs: once([...all.runs, ...page.runs]),
      versions: once([...all.versions, ...page.versions]),
      evaluations: once([...all.evaluations, ...page.evaluations]),
      pointers: once([...all.pointers, ...page.pointers]).toSorted((a, b) => a.from.localeCompare(b.from)),
      truncated: all.truncated || page.truncated,
      nextPageToken: page.nextPageToken,
    };
    pageToken = page.nextPageToken;
  }
  return all;
}

function once<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
