const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/**
 * ln Γ(x) for x > 0. Lanczos approximation (g = 7, 9 terms; Numerical Recipes §6.1), relative error below 1e-14.
 * NaN for x ≤ 0.
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum: number = lanczos[0];
  for (let term = 1; term < lanczos.length; term += 1) sum += (lanczos[term] ?? 0) / (shifted + term);
  const base = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

const iterations = 10_000;
const precision = 1e-16;

/**
 * Upper regularised incomplete gamma function Q(a, x) = Γ(a, x) / Γ(a), for a > 0, x ≥ 0. Series below x = a + 1, continued
 * fraction (Lentz) from there on, so a small tail keeps its relative precision. Abramowitz & Stegun 6.5.29, 6.5.31.
 */
export function regularizedGammaQ(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  const factor = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - factor * seriesP(a, x) : factor * fractionQ(a, x);
}

function seriesP(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let step = 1; step < iterations && term > sum * precision; step += 1) {
    term *= x / (a + step);
    sum += term;
  }
  return sum;
}

function fractionQ(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let step = 1; step < iterations; step += 1) {
    const numerator = -step * (step - a);
    b += 2;
    d = 1 / notZero(numerator * d + b, tiny);
    c = notZero(b + numerator / c, tiny);
    value *= d * c;
    if (Math.abs(d * c - 1) < precision) break;
  }
  return value;
}

function notZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** P(X > x) for X ~ χ² with `degrees` > 0 degrees of freedom; 1 for x ≤ 0. */
export function chiSquareTail(x: number, degrees: number): number {
  return x <= 0 ? 1 : regularizedGammaQ(degrees / 2, x / 2);
}

/** The x with P(X > x) = `tail` for X ~ χ²(degrees), by bisection to the last representable digit. `tail` in (0, 1]. */
export function chiSquareUpperPoint(tail: number, degrees: number): number {
  if (!(tail > 0 && tail <= 1)) return Number.NaN;
  let low = 0;
  let high = degrees + 1;
  while (chiSquareTail(high, degrees) > tail) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (chiSquareTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
}

/** P(K > x) of Kolmogorov's limit distribution: 2 Σ (−1)^(k−1) exp(−2k²x²), by its theta transform for small x. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  if (x < 1.18) {
    const base = Math.exp(-(Math.PI ** 2) / (8 * x * x));
    const sum = base + base ** 9 + base ** 25 + base ** 49;
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  const base = Math.exp(-2 * x * x);
  return 2 * (base - base ** 4 + base ** 9 - base ** 16);
}
