import { z } from 'zod';
import { evaluationMetrics, isPairedMetric, metricKind } from './evaluations.js';
import { checkParameters } from './recipes/check.js';

/** The conditions that a policy may ask for: the server evaluates each itself. */
export const gateKinds = [
  'metric-threshold',
  'slice-threshold',
  'group-gap',
  'not-worse-than-holder',
  'evidence-age',
  'drift-state',
  'script',
] as const;
export type GateKind = (typeof gateKinds)[number];

/** Gates that are known by name, but whose facts nothing produces yet, and what is missing: a policy that names one is refused. */
export const gatesWithoutFacts: Readonly<Record<string, string>> = {
  'artifact-scan': 'no scan of the files of a version',
  signature: 'no check of a signature over the manifest',
  explanation: 'no explanation of a version',
  'card-complete': 'no model card',
  'data-audit': 'no audit of a dataset version',
};

/** Why no policy may name a gate today; undefined where it may. */
export function missingFacts(gateName: string): string | undefined {
  return Object.hasOwn(gatesWithoutFacts, gateName)
    ? `nothing produces the facts of '${gateName}' yet (${gatesWithoutFacts[gateName]})`
    : undefined;
}

const metricNames = Object.keys(evaluationMetrics);
const unmeasured = (name: string) => `nothing measures '${name}': use one of ${metricNames.join(', ')}`;
const metric = z
  .string()
  .refine((name) => metricKind(name) !== undefined, { error: (issue) => unmeasured(String(issue.input)) })
  .meta({ enum: metricNames })
  .describe('Metric of the evaluation.');

/** `12h` or `30d`. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,3}[hd]$/, "write a duration as '12h' or '30d'")
  .describe("Hours or days: '12h', '30d'.");

const column = z.string().min(1).max(255);
const edges = z
  .array(z.number())
  .min(1)
  .max(50)
  .refine((list) => list.every((edge, index) => index === 0 || edge > (list[index - 1] ?? edge)), 'edges must grow')
  .optional()
  .describe(
    'Upper edges at which the numbers of the column are cut, each included; without them each value is a group.',
  );
const minGroupRows = z.int().min(1).max(1_000_000).default(20);
const smallGroups = z
  .enum(['ignore', 'fail'])
  .optional()
  .describe('`fail`: a smaller group fails the gate; `ignore`, the default, only names it.');
const bounds = {
  atLeast: z.number().optional().describe('Smallest value that passes.'),
  atMost: z.number().optional().describe('Largest value that passes.'),
};
const oneBound = { anyOf: [{ required: ['atLeast'] }, { required: ['atMost'] }] };

interface Bounded {
  metric: string;
  atLeast?: number | undefined;
  atMost?: number | undefined;
}

/** Refuses bounds that nothing can pass, or that everything passes. */
function checkBounds(gate: Bounded, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const { atLeast, atMost } = gate;
  if (atLeast === undefined && atMost === undefined) refuse('metric', "say 'atLeast' or 'atMost'");
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    refuse('atMost', `nothing is at least ${atLeast} and at most ${atMost}`);
  const kind = metricKind(gate.metric);
  if (kind === undefined) return;
  const [low, high] = kind.range;
  const of = `${gate.metric} lies between ${low} and ${high}`;
  if (atLeast !== undefined && atLeast > high) refuse('atLeast', `nothing can pass ${atLeast}: ${of}`);
  if (atLeast !== undefined && atLeast <= low) refuse('atLeast', `everything passes ${atLeast}: ${of}`);
  if (atMost !== undefined && atMost < low) refuse('atMost', `nothing can pass ${atMost}: ${of}`);
  if (atMost !== undefined && atMost >= high) refuse('atMost', `everything passes ${atMost}: ${of}`);
}

const metricThreshold = z
  .strictObject({
    gate: z.literal('metric-threshold'),
    metric: z
      .string()
      .min(1)
      .max(250)
      .meta({ anyOf: [{ enum: metricNames }, { type: 'string' }] })
      .describe('Metric of the evaluation; where self-reported values count, any metric that the run logged.'),
    ...bounds,
    selfReported: z
      .literal('allowed', {
        error: "the only value is 'allowed'; leave the line out to count the platform's facts only",
      })
      .optional()
      .describe("`allowed`: where the platform measured nothing, what the version's run logged counts, and is marked."),
  })
  .meta(oneBound)
  .superRefine((gate, context) => {
    if (gate.selfReported === undefined && metricKind(gate.metric) === undefined)
      context.addIssue({ code: 'custom', path: ['metric'], message: unmeasured(gate.metric) });
    checkBounds(gate, context);
  });

const sliceThreshold = z
  .strictObject({
    gate: z.literal('slice-threshold'),
    column: column.describe('Column whose groups are looked at.'),
    edges,
    value: z.string().max(500).optional().describe('Only the group of this value; without it, every group.'),
    metric,
    ...bounds,
    minGroupRows: minGroupRows.describe(
      'A smaller group is named, but not judged; where it is the only one, the gate fails.',
    ),
    smallGroups,
  })
  .meta(oneBound)
  .superRefine(checkBounds);

const groupGap = z
  .strictObject({
    gate: z.literal('group-gap'),
    column: column.describe('Column whose groups are compared.'),
    edges,
    metric,
    atMost: z.number().describe('Largest difference allowed between any two groups.'),
    minGroupRows: minGroupRows.describe('A smaller group is named, but not compared.'),
    smallGroups,
  })
  .superRefine((gate, context) => {
    const kind = metricKind(gate.metric);
    if (kind === undefined) return;
    const width = kind.range[1] - kind.range[0];
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['atMost'], message });
    if (gate.atMost < 0) refuse('nothing can pass: a gap is never negative');
    if (gate.atMost >= width)
      refuse(`everything passes ${gate.atMost}: two values of ${gate.metric} are never further than ${width} apart`);
  });

const notWorseThanHolder = z
  .strictObject({
    gate: z.literal('not-worse-than-holder'),
    metric,
    margin: z
      .number()
      .min(0, 'a margin is never negative')
      .describe("How much worse than the pointer's holder still passes."),
    confidence: z
      .number()
      .min(0.8, 'a confidence lies between 0.8 and 0.999')
      .max(0.999, 'a confidence lies between 0.8 and 0.999')
      .optional()
      .describe('The worst end of the bootstrap interval at this confidence decides, over the scores of each row.'),
  })
  .superRefine((gate, context) => {
    const kind = metricKind(gate.metric);
    if (kind === undefined) return;
    if (kind.better === 'none')
      context.addIssue({ code: 'custom', path: ['metric'], message: `${gate.metric} has no better direction` });
    if (gate.confidence !== undefined && kind.better !== 'none' && !isPairedMetric(gate.metric)) {
      const instead = metricNames.filter(isPairedMetric).join(', ');
      const message = `a difference of ${gate.metric} has no interval that could be relied on: leave 'confidence' out, or use one of ${instead}`;
      context.addIssue({ code: 'custom', path: ['confidence'], message });
    }
    if (gate.margin >= kind.range[1] - kind.range[0]) {
      context.addIssue({ code: 'custom', path: ['margin'], message: `everything passes a margin of ${gate.margin}` });
    }
  });

const evidenceAge = z.strictObject({
  gate: z.literal('evidence-age'),
  atMost: duration.describe('Oldest evaluation that counts.'),
});

const driftState = z.strictObject({
  gate: z.literal('drift-state'),
  atMost: z.enum(['ok', 'warning']).describe('Worst state of the monitors of the model that passes.'),
  within: duration.describe('The newest window of each monitor must have ended within this time.'),
});

/** The recipes whose verdict a gate may ask for. */
export const gateRecipes = ['check'] as const;

const script = z.strictObject({
  gate: z.literal('script'),
  recipe: z
    .enum(gateRecipes, { error: `there is no such recipe for a gate: use one of ${gateRecipes.join(', ')}` })
    .describe('Recipe that says whether the version passes.'),
  script: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "write the digest as 'sha256:' and 64 lower-case hex digits")
    .describe('The pinned script: only verdicts of this very text count.'),
  parameters: checkParameters.default({}).describe('What the script is given: only verdicts with these count.'),
});

function noSuchGate(input: unknown): string {
  const name = typeof input === 'object' && input !== null && 'gate' in input ? String(input.gate) : '';
  return missingFacts(name) ?? `there is no such gate: use one of ${usableGates().join(', ')}`;
}

function usableGates(): GateKind[] {
  return gateKinds.filter((kind) => missingFacts(kind) === undefined);
}

export const gate = z.discriminatedUnion(
  'gate',
  [metricThreshold, sliceThreshold, groupGap, notWorseThanHolder, evidenceAge, driftState, script],
  { error: (issue) => (issue.code === 'invalid_union' ? noSuchGate(issue.input) : undefined) },
);

export type Gate = z.infer<typeof gate>;
