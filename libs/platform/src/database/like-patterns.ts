/** Patterns in which `*` stands for any text, as those of grants on models, as SQL's LIKE writes them: for `column like any($1::text[])`. */
export function likePatterns(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => pattern.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%'));
}
