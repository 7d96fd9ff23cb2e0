import {
  alertList,
  type DriftWindow,
  driftAlert,
  driftWindow,
  monitor,
  monitorList,
  windowList,
} from '@assay/contracts';
import { Command, Option } from 'commander';
import { segment } from '../api-client.js';
import { answer, clientOf, command, type CommandContext, type CommonOptions } from '../command-context.js';
import { fields, table } from '../output/table.js';

export function driftCommand(context: CommandContext): Command {
  return new Command('drift')
    .description('Drift monitors, their windows and alerts.')
    .addCommand(monitors(context))
    .addCommand(windows(context))
    .addCommand(judge(context))
    .addCommand(alerts(context))
    .addCommand(closeAlert(context));
}

function monitors(context: CommandContext): Command {
  return command('monitors', 'List monitors; with an id, show one.', 'assay drift monitors')
    .argument('[id]', 'id of a monitor')
    .option('--model <name>', 'only of this model')
    .action(async (id: string | undefined, options: CommonOptions & { model?: string }) => {
      const api = clientOf(context, options);
      if (id !== undefined) {
        const found = await api.get(`/api/v1/monitors/${segment(id)}`, monitor);
        answer(context, options, found, () =>
          fields({
            monitor: found.id,
            name: found.name,
            watches: `${found.model}${found.pointer === null ? '' : `@${found.pointer}`}`,
            reference: `${found.reference.name}:${found.reference.version} (${found.reference.rows} rows)`,
            alpha: found.alpha,
            'least rows': found.minimumRows,
            features: found.features
              .map(({ name, kind, minimumEffect }) => `${name} (${kind}, ≥ ${minimumEffect})`)
              .join(', '),
          }),
        );
        return;
      }
      const { monitors: rows } = await api.get('/api/v1/monitors', monitorList, { model: options.model });
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'id', value: (row) => row.id },
          { title: 'name', value: (row) => row.name },
          { title: 'watches', value: (row) => `${row.model}${row.pointer === null ? '' : `@${row.pointer}`}` },
          { title: 'features', value: (row) => row.features.length, align: 'right' },
          { title: 'severity', value: (row) => row.severity },
        ]),
      );
    });
}

function windows(context: CommandContext): Command {
  return command(
    'windows',
    'List the windows that a monitor judged; with a second id, show one feature by feature.',
    'assay drift windows 01990c…',
  )
    .argument('<monitor>', 'id of the monitor')
    .argument('[window]', 'id of a window')
    .action(async (id: string, windowId: string | undefined, options: CommonOptions) => {
      const api = clientOf(context, options);
      if (windowId !== undefined) {
        const found = await api.get(`/api/v1/monitors/${segment(id)}/windows/${segment(windowId)}`, driftWindow);
        answer(context, options, found, () => windowText(found));
        return;
      }
      const { windows: rows } = await api.get(`/api/v1/monitors/${segment(id)}/windows`, windowList);
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'id', value: (row) => row.id },
          { title: 'label', value: (row) => row.label },
          { title: 'rows', value: (row) => row.rows, align: 'right' },
          { title: 'verdict', value: (row) => row.verdict },
          { title: 'shifted', value: (row) => row.shifted.join(', ') || null },
        ]),
      );
    });
}

function judge(context: CommandContext): Command {
  return command(
    'judge',
    'Judge the predictions of a period now.',
    'assay drift judge 01990c… --from 2024-05-01T00:00:00Z --to 2024-06-01T00:00:00Z --label 2024-05',
  )
    .argument('<monitor>', 'id of the monitor')
    .requiredOption('--from <time>', 'start, included')
    .requiredOption('--to <time>', 'end, not included')
    .option('--label <text>', 'name for people', '')
    .action(async (id: string, options: CommonOptions & { from: string; to: string; label: string }) => {
      const { body } = await clientOf(context, options).post(`/api/v1/monitors/${segment(id)}/windows`, driftWindow, {
        from: options.from,
        to: options.to,
        label: options.label,
      });
      answer(context, options, body, () => windowText(body));
    });
}

function alerts(context: CommandContext): Command {
  return command('alerts', 'List alerts, newest first.', 'assay drift alerts --state open')
    .addOption(new Option('--state <state>', 'only in this state').choices(['open', 'closed']))
    .option('--monitor <id>', 'only of this monitor')
    .action(async (options: CommonOptions & { state?: string; monitor?: string }) => {
      const { alerts: rows } = await clientOf(context, options).get('/api/v1/alerts', alertList, {
        state: options.state,
        monitor: options.monitor,
      });
      answer(context, options, rows, () =>
        table(rows, [
          { title: 'id', value: (row) => row.id },
          { title: 'state', value: (row) => row.state },
          { title: 'kind', value: (row) => row.kind },
          { title: 'severity', value: (row) => row.severity },
          { title: 'features', value: (row) => row.features.join(', ') },
          { title: 'opened', value: (row) => row.openedAt },
        ]),
      );
    });
}

function closeAlert(context: CommandContext): Command {
  return command(
    'close',
    'Close an alert, with a reason.',
    'assay drift close 01990c… --reason "retrained as version 2"',
  )
    .argument('<alert>', 'id of the alert')
    .requiredOption('--reason <text>', 'why it can be closed')
    .action(async (id: string, options: CommonOptions & { reason: string }) => {
      const { body } = await clientOf(context, options).post(`/api/v1/alerts/${segment(id)}/close`, driftAlert, {
        reason: options.reason,
      });
      answer(context, options, body, () => `Alert ${body.id} is ${body.state}.\n`);
    });
}

/** A judged window for people: the verdict, then every feature, furthest moved first. */
export function windowText(row: DriftWindow): string {
  const found = row.features.toSorted((one, other) => (other.effect ?? -1) - (one.effect ?? -1));
  const features = table(found, [
    { title: 'feature', value: (finding) => finding.feature },
    { title: 'state', value: (finding) => finding.state },
    { title: 'effect', value: (finding) => finding.effect, align: 'right' },
    { title: 'least', value: (finding) => finding.minimumEffect, align: 'right' },
    { title: 'p', value: (finding) => finding.pValue, align: 'right' },
    { title: 'q', value: (finding) => finding.qValue, align: 'right' },
    { title: 'bound to', value: (finding) => finding.boundTo.map(({ feature }) => feature).join(', ') || null },
  ]);
  const checks = row.checks.map((check) => `${check.level}: ${check.feature}: ${check.detail}\n`).join('');
  return `${fields({ window: row.id, label: row.label, rows: row.rows, verdict: row.verdict, shifted: row.shifted.join(', ') || 'nothing', alert: row.alertId })}\n${features}${checks}`;
}
