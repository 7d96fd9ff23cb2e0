/**
 * A seeded generator (SplitMix32) whose whole state is one 32-bit integer: the same seed gives the same numbers on every
 * machine and backend, and the state can be written to a checkpoint.
 *
 * Not for secrets. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, 32-bit variant.
 */
export interface SeededRandom {
  /** A number in [0, 1). */
  next(): number;
  /** 32 random bits, as an integer in [0, 2^32). */
  bits(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** The state to continue from: `seededRandom(state())` gives the numbers that follow. */
  state(): number;
}

/** Starts a generator from a 32-bit seed (larger integers are reduced modulo 2^32). */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const bits = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    mixed ^= mixed >>> 15;
    return mixed >>> 0;
  };
  const next = (): number => bits() / 4_294_967_296;
  return { next, bits, below: (bound) => Math.floor(next() * bound), state: () => state };
}

/** Joins a seed and a stream number (an epoch, a resample) into a new seed, so that neighbouring streams do not overlap visibly. */
export function deriveSeed(seed: number, stream: number): number {
  const random = seededRandom((seed ^ Math.imul(stream + 1, 0x85ebca6b)) | 0);
  random.next();
  return (random.next() * 4_294_967_296) | 0;
}

/**
 * The order of `length` rows in one epoch: a Fisher-Yates shuffle that depends on (seed, epoch) alone, so a resumed training
 * sees the rows in the order of an unbroken one.
 */
export function epochPermutation(length: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length }, (_, index) => index);
  const random = seededRandom(deriveSeed(seed, epoch));
  for (let last = length - 1; last > 0; last -= 1) {
    const pick = random.below(last + 1);
    const held = order[last] ?? 0;
    order[last] = order[pick] ?? 0;
    order[pick] = held;
  }
  return order;
}
