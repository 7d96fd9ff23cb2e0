import {
  type DriftWindow,
  type Monitor,
  monitor,
  monitorList,
  type Trigger,
  trigger,
  triggerList,
  windowList,
} from '@assay/contracts';
import { segment } from '../../api-client.js';
import { table } from '../../output/table.js';
import { BrokenStory, type Demo, numberFact, type Step } from '../demo.js';
import { registerDataset, runJob } from '../find-or-make.js';
import { story } from '../story.js';
import { drawMonths, expectedShifts, type Row } from '../story-data.js';
import { trainingJob } from '../training-job.js';

export const watch: Step = {
  id: 'watch',
  title: 'Two months of applications are scored; the drift monitor judges each',
  run: async (demo) => {
    const watcher = await makeMonitor(demo);
    const retraining = await makeTrigger(demo, watcher);
    const [first, second] = drawMonths(demo.data);
    const may = await month(demo, watcher, 0, first);
    demo.holds(may.window.rows === story.rows.month, `month one: ${may.window.rows} scored applications were judged`);
    demo.holds(
      may.window.verdict === 'steady' && may.window.shifted.length === 0 && may.window.alertId === null,
      'month one is like the reference: no alarm',
    );

    const june = await month(demo, watcher, 1, second);
    const expected = expectedShifts(demo.data, watcher.features);
    demo.tell(findingsText(june.window));
    demo.holds(june.window.rows === story.rows.month, `month two: ${june.window.rows} scored applications were judged`);
    demo.holds(
      expected.length > 1,
      `the weights move ${expected.join(', ')} by more than ${story.monitor.minimumEffect} (computed from all rows)`,
    );
    demo.holds(
      sameNames(june.window.shifted, expected),
      `the monitor names exactly these: ${june.window.shifted.join(', ')}`,
    );
    demo.holds(
      june.window.features.every((one) => one.state !== 'shifted' || (one.qValue !== null && one.interval !== null)),
      'it says how sure it is of each',
    );
    demo.holds(june.window.alertId !== null, 'an alert is open');
    return {
      monitorId: watcher.id,
      triggerId: retraining.id,
      months: [may, june].map(({ jobId, window }) => ({
        jobId,
        windowId: window.id,
        label: window.label,
        rows: window.rows,
        verdict: window.verdict,
        shifted: window.shifted,
      })),
      expected,
      shifted: june.window.shifted,
      effects: june.window.features.map(({ feature, state, effect, qValue, interval, boundTo }) => ({
        feature,
        state,
        effect,
        qValue,
        interval,
        boundTo: boundTo.map((bound) => bound.feature),
      })),
      alertId: june.window.alertId,
    };
  },
};

async function makeMonitor(demo: Demo): Promise<Monitor> {
  const api = demo.as('engineer');
  const name = demo.names.monitor;
  const { monitors } = await api.get('/api/v1/monitors', monitorList, { model: demo.names.model });
  const before = monitors.find((one) => one.name === name);
  if (before !== undefined) return before;
  const { body } = await api.post('/api/v1/monitors', monitor, {
    name,
    model: demo.names.model,
    pointer: story.pointer,
    reference: { name: 'german-credit-training', version: numberFact(demo, 'register-dataset', 'trainingVersion') },
    exclude: [story.idColumn, story.target],
    ...story.monitor,
    severity: 'high',
    runbook: 'Look at who applies now; the retraining starts by itself.',
  });
  return body;
}

/** "When the monitor alarms, train again": on everything whose outcome is known by then. */
async function makeTrigger(demo: Demo, watcher: Monitor): Promise<Trigger> {
  const api = demo.as('engineer');
  const { triggers } = await api.get('/api/v1/triggers', triggerList);
  const before = triggers.find((one) => one.name === demo.names.trigger);
  if (before !== undefined) return before;
  const { data } = demo;
  const recent = await registerDataset(demo, 'german-credit-retraining', data.csv([...data.training, ...data.pool]));
  const job = trainingJob(demo, {
    dataset: { name: recent.name, version: recent.version },
    runName: demo.names.run('retraining'),
    seed: story.seeds.training,
    register: demo.names.model,
  });
  const { body } = await api.post('/api/v1/triggers', trigger, {
    name: demo.names.trigger,
    on: 'drift.alert.opened',
    monitor: watcher.id,
    model: demo.names.model,
    job,
  });
  return body;
}

async function month(
  demo: Demo,
  watcher: Monitor,
  index: 0 | 1,
  rows: readonly Row[],
): Promise<{ jobId: string; window: DriftWindow }> {
  const { label, from, to } = story.months[index];
  const dataset = await registerDataset(demo, `german-credit-${label}`, demo.data.csv(rows));
  const job = await runJob(demo, {
    recipe: 'score',
    inputs: {
      model: { name: demo.names.model, alias: story.pointer },
      dataset: { name: dataset.name, version: dataset.version },
    },
    params: {
      experiment: demo.names.experiment,
      runName: demo.names.run(`applications-${label}`),
      monitor: watcher.id,
      idColumn: story.idColumn,
      idPrefix: `${label}-`,
      label,
      exclude: [story.target],
      from,
      to,
    },
  });
  const { windows } = await demo.as('engineer').get(`/api/v1/monitors/${segment(watcher.id)}/windows`, windowList);
  const window = windows.find((one) => one.from === from && one.to === to);
  if (window === undefined) throw new BrokenStory(`The monitor has no window for ${label}.`);
  return { jobId: job.id, window };
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}

/** What moved, and what it goes together with. */
function findingsText(window: DriftWindow): string {
  const moved = window.features
    .filter(({ state }) => state === 'shifted' || state === 'below-minimum')
    .toSorted((one, other) => (other.effect ?? 0) - (one.effect ?? 0));
  return table(
    moved,
    [
      { title: window.label, value: (row) => row.feature },
      { title: 'state', value: (row) => row.state },
      { title: 'effect', value: (row) => row.effect, align: 'right' },
      {
        title: '95 %',
        value: (row) =>
          row.interval === null ? null : `${row.interval.low.toFixed(2)} … ${row.interval.high.toFixed(2)}`,
      },
      { title: 'q', value: (row) => row.qValue, align: 'right' },
      { title: 'bound to', value: (row) => row.boundTo.map(({ feature }) => feature).join(', ') || null },
    ],
    'Nothing moved.',
  );
}
