/** Settings of the credit-risk pilot. Everything random is seeded, so every run tells the same story. */
export const story = {
  target: 'credit_risk',
  positive: 'bad',
  idColumn: 'applicant_id',
  /** Columns that the model must not read: the id, and what says whether the applicant is a man or a woman. */
  notInputs: ['applicant_id', 'sex', 'personal_status'],
  seeds: { split: 20_240_607, firstMonth: 1, secondMonth: 2, training: 11, weak: 13 },
  rows: { training: 350, heldOut: 150, month: 150 },
  epochs: 40,
  /** Epochs without a better validation loss after which training ends. */
  patience: 8,
  pointer: 'champion',
  months: [
    { label: '2024-05', from: '2024-05-01T00:00:00.000Z', to: '2024-06-01T00:00:00.000Z' },
    { label: '2024-06', from: '2024-06-01T00:00:00.000Z', to: '2024-07-01T00:00:00.000Z' },
  ],
  monitor: { minimumEffect: 0.25, alpha: 0.05, minimumRows: 100 },
  slices: [{ column: 'sex' }, { column: 'age', edges: [25, 40] }],
  gates: { leastAuc: 0.72, largestSexGap: 0.15, marginToHolder: 0.02 },
} as const;

/** Names that belong to one telling, so that the demo can be told again on the same installation. */
export interface StoryNames {
  readonly model: string;
  readonly experiment: string;
  readonly policy: string;
  readonly monitor: string;
  readonly trigger: string;
  /** A name for a run of this telling. */
  run(what: string): string;
}

export function storyNames(telling: number): StoryNames {
  const suffix = telling === 1 ? '' : `-${telling}`;
  return {
    model: `credit-risk${suffix}`,
    experiment: `credit-risk${suffix}`,
    policy: `credit-risk-champion${suffix}`,
    monitor: `credit-risk-applications${suffix}`,
    trigger: `retrain-credit-risk${suffix}`,
    run: (what) => `${what}${suffix}`,
  };
}

/** The rule of the pilot, as an engineer would write it in a file. */
export function policyText(names: StoryNames, heldOutDigest: string): string {
  const { leastAuc, largestSexGap, marginToHolder } = story.gates;
  return `policy: ${names.policy}
description: Who may decide on credit applications, and on which evidence.
guards: { models: [${names.model}], pointers: [${story.pointer}] }
evidence: { dataset: german-credit-held-out, digest: "sha256:${heldOutDigest}" }
gates:
  - { gate: metric-threshold, metric: auc, atLeast: ${leastAuc} }
  - { gate: group-gap, column: sex, metric: auc, atMost: ${largestSexGap} }
  - { gate: not-worse-than-holder, metric: auc, margin: ${marginToHolder} }
  - { gate: evidence-age, atMost: 30d }
approvals: [{ role: approver, count: 1 }]
expiresAfter: 14d
`;
}
