import type { AlertKind, WindowVerdict } from '@assay/contracts';

/** What kind of alert a verdict asks for; null: none. */
export function alarmOf(verdict: WindowVerdict): AlertKind | null {
  if (verdict === 'shifted') return 'drift';
  return verdict === 'checks-failed' ? 'data' : null;
}

/**
 * Whether the alarm has lasted: at least `alarms` of the last `windows`, this one included. Windows with too little data count
 * among the last ones, but never as an alarm.
 */
export function persists(
  verdict: WindowVerdict,
  earlier: readonly string[],
  { alarms, windows }: { alarms: number; windows: number },
): boolean {
  const last = [verdict, ...earlier].slice(0, windows);
  return last.filter((each) => each === verdict).length >= alarms;
}
