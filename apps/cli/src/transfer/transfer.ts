import type { Item, Source } from './items.js';

/** Takes items: the platform, an archive, or a count of what there is. */
export interface Sink {
  take(item: Item): Promise<void>;
}

/**
 * Carries everything from a source to a sink, in order. Runs and logged models, which hang on their experiment only, go side by side up to
 * `atOnce`; whatever else comes waits until those have arrived.
 */
export async function transfer(source: Source, sink: Sink, atOnce: number): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const settle = async (): Promise<void> => {
    await Promise.all(underWay);
  };
  try {
    for await (const item of source.items()) {
      if (failures.length > 0) break;
      // A logged model's metrics are written to its run, so runs come first.
      if (item.kind !== 'run' && item.kind !== 'logged model') {
        await settle();
        await sink.take(item);
        continue;
      }
      const taking = sink
        .take(item)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => underWay.delete(taking));
      underWay.add(taking);
      if (underWay.size >= atOnce) await Promise.race(underWay);
    }
  } finally {
    await settle();
  }
  if (failures.length > 0) throw failures[0];
}
