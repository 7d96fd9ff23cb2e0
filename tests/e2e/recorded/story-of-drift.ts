import type { Answer, StoryProbe } from './route-caller.js';
import type { Registered } from './story-of-registry.js';

const june = { from: '2026-06-01T00:00:00Z', to: '2026-07-01T00:00:00Z' };
const july = { from: '2026-07-01T00:00:00Z', to: '2026-08-01T00:00:00Z' };

/** A monitor judges a month like its reference and one that isn't; the alert is closed, and a trigger waits for the next. */
export async function storyOfDrift(probe: StoryProbe, { model, dataset }: Registered): Promise<void> {
  const send = (route: string, body: object, params = {}): Promise<Answer> =>
    probe.send({ route: `POST /api/v1/${route}`, as: 'eve', params, body });
  const reference = { name: dataset.name, version: dataset.version };
  const monitor = await send('monitors', {
    name: 'applications',
    model,
    reference,
    exclude: ['id', 'label'],
    minimumEffect: 0.3,
  });

  const rows = (from: string, age: (at: number) => number): object[] =>
    Array.from({ length: 150 }, (_, at) => ({
      id: `${from}-${at}`,
      model,
      version: '1',
      at: new Date(Date.parse(from) + at * 3_600_000).toISOString(),
      features: { age: age(at), amount: 500 + at * 9 },
      score: at / 150,
    }));
  await send('predictions', { predictions: rows(june.from, (at) => 20 + (at % 41)) });
  const lines = rows(july.from, (at) => 60 + (at % 20))
    .map((row) => JSON.stringify(row))
    .join('\n');
  await probe.send({ route: 'POST /api/v1/predictions', as: 'eve', body: lines, type: 'application/x-ndjson' });

  await send('monitors/:id/windows', { ...june, label: 'June' }, { id: monitor.id });
  const window = await send('monitors/:id/windows', { ...july, label: 'July' }, { id: monitor.id });
  if (typeof window.alertId !== 'string') throw new Error(`no alert is open: ${JSON.stringify(window)}`);
  await send('alerts/:id/close', { reason: 'older people apply now' }, { id: window.alertId });
  await send('triggers', {
    name: 'retrain',
    on: 'drift.alert.opened',
    monitor: monitor.id,
    job: {
      recipe: 'tabular',
      inputs: { dataset: reference },
      params: { experiment: 'credit-risk', target: 'label', positive: 'bad' },
    },
  });
}
