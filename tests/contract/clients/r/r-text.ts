/**
 * A request as the R client encodes it: `rapply(data, as.character, how = "replace")` before the JSON, so every scalar becomes a text,
 * numbers with 15 significant digits and in R's choice of notation, and empty lists and NULLs are left out.
 */
export function asR(value: unknown): unknown {
  if (typeof value === 'number') return numberAsR(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (Array.isArray(value)) return value.map(asR);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0));
  return Object.fromEntries(kept.map(([key, inner]) => [key, asR(inner)]));
}

/** R's `as.character`: fixed notation unless the scientific one is shorter. Infinities are written out by the client itself. */
export function numberAsR(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return '0';
  const [mantissa = '', exponent = '0'] = value.toExponential(14).split('e');
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  const power = Number(exponent);
  const scientific = `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const significant = digits.replaceAll(/[-.]/g, '').length;
  const fixed = value.toFixed(Math.max(0, significant - 1 - power));
  return fixed.length <= scientific.length ? fixed : scientific;
}
