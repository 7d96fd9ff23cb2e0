/** SHA-256 of some bytes. A parameter everywhere in this folder: a server passes `node:crypto`'s, which is many times faster. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/** SHA-256 (FIPS 180-4) in plain code, for where no synchronous one is at hand, such as a browser. */
export const portableSha256: Sha256 = (data) => {
  const state = new Uint32Array(initial);
  const schedule = new Uint32Array(64);
  const message = pad(data);
  const view = new DataView(message.buffer);
  for (let block = 0; block < message.length; block += 64) {
    for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(block + 4 * i);
    compress(state, schedule);
  }
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, i) => out.setUint32(4 * i, word));
  return digest;
};

/** §5.1.1: a one bit, zeros, then the length in bits as 64 bits. */
function pad(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64);
  message.set(data);
  message[data.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(message.length - 8, Math.floor(data.length / 0x2000_0000));
  view.setUint32(message.length - 4, data.length << 3);
  return message;
}

/** §6.2.2 for one block whose first 16 words are in the schedule. */
function compress(state: Uint32Array, w: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const w15 = word(w, t - 15);
    const w2 = word(w, t - 2);
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = word(w, t - 16) + s0 + word(w, t - 7) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(constants, t) + word(w, t)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => {
    state[i] = word(state, i) + value;
  });
}

function rotate(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

function word(words: Uint32Array, at: number): number {
  return words[at] ?? 0;
}

/** First 32 bits of the fractional parts of the cube (or square) roots of the first primes, as §4.2.2 and §5.3.3 define them. */
const primes = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && !hasDivisor(n));
const constants = Uint32Array.from(primes.slice(0, 64), (prime) => fractionalBits(BigInt(prime), 3n));
const initial = Uint32Array.from(primes.slice(0, 8), (prime) => fractionalBits(BigInt(prime), 2n));

function hasDivisor(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return true;
  return false;
}

/** ⌊n^(1/k) · 2^32⌋ mod 2^32, in whole numbers since doubles carry too few bits to be sure of the last. */
function fractionalBits(n: bigint, k: bigint): number {
  const target = n << (32n * k);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** k <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}
