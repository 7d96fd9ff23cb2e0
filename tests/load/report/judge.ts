import type { Outcome } from '../driver/plan.js';
import { isOurs, type ServerName } from '../servers/server.js';
import type { Sample, ServerFigures } from './figures.js';

/**
 * What a window's answers are worth. Under load a peer may refuse a call or drop it: the rest of its answers count, but are not compared with what
 * is stored, as nobody knows whether a call that failed was written. This server may not, and no server may give a wrong answer.
 */
export async function judge(
  server: ServerName,
  outcome: Pick<Outcome, 'calls' | 'failures' | 'failureTexts' | 'failureKinds'>,
  check: () => Promise<void>,
): Promise<Pick<Sample, 'wrong' | 'failed'>> {
  const { calls, failures, failureTexts, failureKinds } = outcome;
  const first = failureTexts[0] ?? '';
  if (failures > 0)
    return isOurs(server) || 'wrong' in failureKinds
      ? { wrong: `${failures} calls failed: ${first}`, failed: null }
      : { wrong: null, failed: { calls: failures, kinds: failureKinds, first } };
  if (calls === 0) return { wrong: 'no call was answered in the window', failed: null };
  try {
    await check();
    return { wrong: null, failed: null };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error), failed: null };
  }
}

/** A line for each window whose answers were wrong. */
export function wrongAnswers(samples: readonly Sample[]): string[] {
  return samples.flatMap((sample) =>
    sample.wrong === null ? [] : [`${windowOf(sample)}, ${sample.server}: ${sample.wrong}`],
  );
}

/** A line for each window in which a peer failed calls. */
export function peerFailures(samples: readonly Sample[], servers: readonly ServerFigures[]): string[] {
  return samples.flatMap((sample) => {
    if (sample.failed === null) return [];
    const title = servers.find(({ name }) => name === sample.server)?.title ?? sample.server;
    const kinds = Object.entries(sample.failed.kinds).map(([kind, count]) => `${count} × ${kind}`);
    return [
      `${windowOf(sample)}: ${title} failed ${sample.failed.calls} calls beside ${sample.calls} good ones (${kinds.join(', ')}): ${sample.failed.first}`,
    ];
  });
}

function windowOf({ scenario, clients, round }: Sample): string {
  return `${scenario}, ${clients} clients, round ${round + 1}`;
}
