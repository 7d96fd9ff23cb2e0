import { z } from 'zod';
import { evaluationMetrics, metricKind } from './evaluations.js';
import { roles } from './permissions.js';

/** The conditions that the server evaluates itself, each from facts that the platform produces. */
export const gateKinds = ['metric-threshold', 'group-gap', 'not-worse-than-holder', 'evidence-age'] as const;
export type GateKind = (typeof gateKinds)[number];

const metric = z
  .string()
  .refine((name) => metricKind(name) !== undefined, {
    error: (issue) =>
      `nothing measures '${String(issue.input)}': use one of ${Object.keys(evaluationMetrics).join(', ')}`,
  })
  .describe('Metric of the evaluation.');

/** `12h` or `30d`. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,3}[hd]$/, "write a duration as '12h' or '30d'")
  .describe("Hours or days: '12h', '30d'.");

const metricThreshold = z
  .strictObject({
    gate: z.literal('metric-threshold'),
    metric,
    atLeast: z.number().optional().describe('Smallest value that passes.'),
    atMost: z.number().optional().describe('Largest value that passes.'),
  })
  .superRefine((gate, context) => {
    const kind = metricKind(gate.metric);
    if (gate.atLeast === undefined && gate.atMost === undefined) {
      context.addIssue({ code: 'custom', path: ['metric'], message: "say 'atLeast' or 'atMost'" });
    }
    if (kind === undefined) return;
    const [low, high] = kind.range;
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const of = `${gate.metric} lies between ${low} and ${high}`;
    if (gate.atLeast !== undefined && gate.atLeast > high) refuse('atLeast', `nothing can pass ${gate.atLeast}: ${of}`);
    if (gate.atLeast !== undefined && gate.atLeast <= low)
      refuse('atLeast', `everything passes ${gate.atLeast}: ${of}`);
    if (gate.atMost !== undefined && gate.atMost < low) refuse('atMost', `nothing can pass ${gate.atMost}: ${of}`);
    if (gate.atMost !== undefined && gate.atMost >= high) refuse('atMost', `everything passes ${gate.atMost}: ${of}`);
    if (gate.atLeast !== undefined && gate.atMost !== undefined && gate.atLeast > gate.atMost) {
      refuse('atMost', `nothing is at least ${gate.atLeast} and at most ${gate.atMost}`);
    }
  });

const groupGap = z
  .strictObject({
    gate: z.literal('group-gap'),
    column: z.string().min(1).max(255).describe('Column whose groups are compared.'),
    metric,
    atMost: z.number().describe('Largest difference allowed between any two groups.'),
    minGroupRows: z.int().min(1).max(1_000_000).default(20).describe('A smaller group is named, but not compared.'),
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
  })
  .superRefine((gate, context) => {
    const kind = metricKind(gate.metric);
    if (kind === undefined) return;
    if (kind.better === 'none')
      context.addIssue({ code: 'custom', path: ['metric'], message: `${gate.metric} has no better direction` });
    if (gate.margin >= kind.range[1] - kind.range[0]) {
      context.addIssue({ code: 'custom', path: ['margin'], message: `everything passes a margin of ${gate.margin}` });
    }
  });

const evidenceAge = z.strictObject({
  gate: z.literal('evidence-age'),
  atMost: duration.describe('Oldest evaluation that counts.'),
});

export const gate = z.discriminatedUnion('gate', [metricThreshold, groupGap, notWorseThanHolder, evidenceAge], {
  error: (issue) =>
    issue.code === 'invalid_union' ? `there is no such gate: use one of ${gateKinds.join(', ')}` : undefined,
});

const distinct = (values: readonly string[]) => new Set(values).size === values.length;
const pointerAlias = z
  .string()
  .regex(
    /^(?:[\w-]{1,255}|stage:(?:Staging|Production))$/,
    "an alias has letters, digits, _ and - only; a stage is 'stage:Staging' or 'stage:Production'",
  )
  .refine((text) => text.toLowerCase() !== 'latest' && !/^v\d+$/i.test(text), "'latest' and 'v1' are no aliases");

/** What a policy file says, once it is parsed. Unknown keys are refused, so that a misspelt rule can't be silently absent. */
export const policyDocument = z.strictObject({
  policy: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a policy name has lower-case letters, digits and -')
    .describe('Name of the policy.'),
  description: z.string().max(4000).optional().describe('Why the policy exists.'),
  guards: z
    .strictObject({
      models: z
        .array(z.string().min(1).max(255))
        .min(1)
        .max(100)
        .refine(distinct, 'a model is named twice')
        .describe('Registered models, by name; bound by id at publication.'),
      pointers: z
        .array(pointerAlias)
        .min(1)
        .max(20)
        .refine(distinct, 'a pointer is named twice')
        .describe('Aliases guarded.'),
    })
    .describe('What may move only under this policy.'),
  evidence: z
    .strictObject({
      dataset: z.string().min(1).max(500).describe('Dataset, for people to read.'),
      digest: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/, "write the digest as 'sha256:' and 64 lower-case hex digits")
        .describe('The pinned dataset version: only evaluations on it count.'),
    })
    .describe('The held-out data that gates are evaluated on.'),
  gates: z.array(gate).min(1, 'a policy needs at least one gate').max(50).describe('All must pass.'),
  approvals: z
    .array(
      z.strictObject({
        role: z
          .enum(roles, { error: `there is no such role: use one of ${roles.join(', ')}` })
          .describe('Role that the approver must hold.'),
        count: z.int().min(1).max(10).default(1).describe('How many different people.'),
      }),
    )
    .min(1, 'a guarded pointer needs at least one approval')
    .max(10)
    .refine((list) => distinct(list.map((one) => one.role)), 'a role is named twice')
    .describe('Who must agree. Whoever trained, registered or requested never counts: that is no setting.'),
  expiresAfter: duration.default('14d').describe('An undecided request ends by itself after this time.'),
});

export type Gate = z.infer<typeof gate>;
export type PolicyDocument = z.infer<typeof policyDocument>;

export const policyName = z.string().min(1).max(63).describe('Name of the policy.');

export const publishPolicyRequest = z
  .object({
    text: z.string().min(1).max(32_768).describe('The policy file, YAML.'),
    dryRun: z.stringbool().or(z.boolean()).default(false).describe('true checks the file and publishes nothing.'),
  })
  .meta({ id: 'PublishPolicyRequest' });

export const policy = z
  .object({
    name: policyName,
    version: z.int().min(1).describe('Counts from 1; a published version never changes.'),
    digest: z.string().describe('SHA-256 of the text.'),
    text: z.string().describe('The file as it was published.'),
    guards: z
      .array(
        z.object({
          modelId: z.string().describe('Id of the model, which a rename does not change.'),
          model: z.string().describe('Its name at publication.'),
          pointer: z.string().describe('Guarded alias.'),
        }),
      )
      .describe('What it guards.'),
    publishedBy: z.string().nullable().describe('Id of who published it; null in a dry run.'),
    publishedAt: z.iso.datetime().nullable().describe('When; null in a dry run.'),
    current: z.boolean().describe('true: new requests are opened under this version.'),
  })
  .meta({ id: 'Policy' });

export const policyRequest = z
  .object({
    name: policyName,
    version: z.coerce.number().int().min(1).optional().describe('Without it, the current one.'),
  })
  .meta({ id: 'PolicyRequest' });
export const noInput = z.object({}).meta({ id: 'NoInput' });
export const policyList = z
  .object({ policies: z.array(policy).describe('The current version of each, by name.') })
  .meta({ id: 'PolicyList' });

export type Policy = z.infer<typeof policy>;
