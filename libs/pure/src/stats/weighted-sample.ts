import { seededRandom } from '../ml/random.js';

/**
 * Draws `size` different items, each round in proportion to the weights of those that remain (Efraimidis-Spirakis: the smallest
 * −ln(u)/w). The same seed gives the same draw; the result keeps the order of `items`, so nothing leaks through the order.
 * Items of weight 0 are never drawn; throws when fewer than `size` have a weight.
 *
 * Drawn without replacement, so a large `size` from a small pool shows less of the weights than the weights alone would.
 * Source: Efraimidis, Spirakis, "Weighted random sampling with a reservoir", Information Processing Letters 97 (2006).
 */
export function weightedSample<Item>(
  items: readonly Item[],
  weight: (item: Item) => number,
  size: number,
  seed: number,
): Item[] {
  const random = seededRandom(seed);
  const keyed: { place: number; key: number }[] = [];
  items.forEach((item, place) => {
    // one number per item, whatever its weight: the draw of one does not depend on the weights of those before it
    const uniform = 1 - random.next();
    const value = weight(item);
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`weight of item ${place} is ${value}`);
    if (value > 0) keyed.push({ place, key: -Math.log(uniform) / value });
  });
  if (keyed.length < size) throw new RangeError(`${keyed.length} items have a weight, ${size} are to be drawn`);
  const places = keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, size)
    .map(({ place }) => place)
    .sort((a, b) => a - b);
  return places.flatMap((place) => items.slice(place, place + 1));
}
