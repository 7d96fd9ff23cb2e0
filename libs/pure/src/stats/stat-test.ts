/** What a person needs to know about a statistic before choosing it. One such object stands beside each function. */
export interface StatTest {
  /** Stable name, as configuration and findings carry it. */
  readonly id: string;
  readonly title: string;
  /** Kind of feature it applies to. */
  readonly appliesTo: 'numeric' | 'category' | 'binned';
  /** Smallest and largest value of the statistic. */
  readonly range: readonly [number, number];
  /** Unit of the statistic; `1` where it has none. */
  readonly unit: string;
  readonly source: string;
}

/** Counts of a category, or of a bin, by its name. */
export type Counts = ReadonlyMap<string, number>;

/** Statistic and p value of one test, and how the p value was found. */
export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
  readonly method: 'exact' | 'asymptotic' | 'permutation';
}
