import { createHash } from 'node:crypto';
import type { Gate } from '@assay/contracts';
import type { MonitorState } from '@assay/drift-reads';
import { canonicalJsonBytes } from '@assay/pure/formats';
import { durationMs } from '../promotions/duration.js';
import type { Finding, GateFacts, Looked } from './gate-facts.js';

type DriftState = Extract<Gate, { gate: 'drift-state' }>;
type State = 'ok' | 'warning' | 'alarm';

const order: readonly State[] = ['ok', 'warning', 'alarm'];

export function driftStateText(gate: DriftState): string {
  return `drift of what the pointer serves at most ${gate.atMost}, judged within the last ${gate.within}`;
}

/**
 * The worst state of the monitors that watch what the pointer serves. `alarm`: an alert is open. `warning`: the newest window is off, but has
 * not lasted long enough for an alert. A monitor that has judged nothing lately says nothing, and then neither does the gate.
 */
export function driftState(gate: DriftState, { monitors, now }: GateFacts): Finding {
  if (monitors.length === 0)
    return { outcome: 'missing', observed: 'no monitor watches what the pointer serves', looked: [] };
  const evidence = monitors.flatMap(lookedAt);
  const finding = (outcome: Finding['outcome'], observed: string): Finding => ({ outcome, observed, looked: evidence });
  const states = monitors.map((monitor) => ({ monitor, state: stateOf(monitor) }));
  const told = states.map(({ monitor, state }) => `${monitor.name}: ${sentence(monitor, state)}`).join('; ');
  const worst = Math.max(...states.map(({ state }) => (state === null ? -1 : order.indexOf(state))));
  if (worst > order.indexOf(gate.atMost)) return finding('failed', told);
  if (states.some(({ state }) => state === null)) return finding('missing', told);
  const old = monitors.filter(
    ({ window }) => window === null || now.getTime() - window.to.getTime() > durationMs(gate.within),
  );
  const unfinished = monitors.filter(({ window }) => window !== null && window.to > window.judgedAt);
  if (unfinished.length > 0)
    return finding(
      'missing',
      `${told}; judged before it was over: ${unfinished.map(({ name, window }) => `${name} (${until(window)})`).join(', ')}`,
    );
  if (old.length > 0)
    return finding(
      'missing',
      `${told}; too old: ${old.map(({ name, window }) => `${name} (${until(window)})`).join(', ')}`,
    );
  return finding('passed', told);
}

/** Null where the monitor has nothing to say: no window yet, or too few predictions in it. */
function stateOf({ window, openAlerts }: MonitorState): State | null {
  if (openAlerts.length > 0) return 'alarm';
  if (window === null || window.verdict === 'not-enough-data') return null;
  return window.verdict === 'steady' ? 'ok' : 'warning';
}

function sentence({ window, openAlerts }: MonitorState, state: State | null): string {
  if (state === 'alarm')
    return `alarm, ${openAlerts.map(({ kind, severity }) => `${severity} ${kind} alert open`).join(', ')}`;
  if (window === null) return 'no window was judged yet';
  if (state === null) return 'not enough predictions in the newest window';
  return `${state}, the newest window is ${window.verdict} (${until(window)})`;
}

function until(window: MonitorState['window']): string {
  return window === null ? 'nothing judged' : `until ${window.to.toISOString()}`;
}

/** The newest window with the alerts that are open: what the state follows from. */
function lookedAt({ monitorId, window, openAlerts }: MonitorState): Looked[] {
  if (window === null) return [];
  const digest = createHash('sha256')
    .update(
      canonicalJsonBytes({
        monitorId,
        window: window.id,
        verdict: window.verdict,
        predictions: window.predictionsDigest,
        alerts: openAlerts.map(({ id }) => id),
      }),
    )
    .digest('hex');
  return [{ kind: 'drift-window', id: window.id, digest, at: window.to }];
}
