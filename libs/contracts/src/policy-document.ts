import { z } from 'zod';
import { roles } from './permissions.js';
import { pointerName } from './environments.js';
import { metricKind } from './evaluations.js';
import { duration, gate, missingFacts } from './policy-gates.js';

const distinct = (values: readonly string[]) => new Set(values).size === values.length;
const programs = ['service', 'job', 'system', 'local'];

const role = z.enum(roles, {
  error: (issue) =>
    programs.includes(String(issue.input))
      ? `'${String(issue.input)}' is no role of people: a program never approves`
      : `there is no such role: use one of ${roles.join(', ')}`,
});

const approval = z
  .strictObject({
    role: role.optional().describe('Role that the approver must hold.'),
    group: z.string().trim().min(1).max(200).optional().describe('Or the group that the approver must be in.'),
    count: z.int().min(1).max(10).default(1).describe('How many different people.'),
  })
  .meta({ oneOf: [{ required: ['role'] }, { required: ['group'] }] })
  .superRefine(({ role: wanted, group }, context) => {
    if (wanted === undefined && group === undefined)
      context.addIssue({ code: 'custom', message: "say 'role' or 'group': who must agree" });
    if (wanted !== undefined && group !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['group'],
        message: "say 'role' or 'group', not both: write two lines",
      });
  });

export type ApprovalRule = z.infer<typeof approval>;

/** How decisions and answers name whom a rule asks for: a role by its name, a group as `group:<name>`, which no role is called. */
export function approverName({ role: wanted, group }: Pick<ApprovalRule, 'role' | 'group'>): string {
  return wanted ?? `group:${group ?? ''}`;
}

const approvals = z
  .array(approval)
  .min(1, 'a guarded pointer needs at least one approval')
  .max(10)
  .superRefine((list, context) => {
    const seen = new Map<string, number>();
    for (const [index, one] of list.entries()) {
      const name = approverName(one);
      const first = seen.get(name);
      if (first === undefined) seen.set(name, index);
      else {
        const between = list
          .slice(first + 1, index)
          .map(approverName)
          .join(', ');
        const message =
          between === ''
            ? `${name} is named twice: write one line with the whole count`
            : `a cycle of approvers: ${name} comes before and after ${between}`;
        context.addIssue({ code: 'custom', path: [index, one.role === undefined ? 'group' : 'role'], message });
      }
    }
  });

const guards = z
  .strictObject({
    models: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(100)
      .refine(distinct, 'a model is named twice')
      .describe('Registered models, by name; bound by id at publication.'),
    pointers: z
      .array(pointerName)
      .max(20)
      .refine(distinct, 'a pointer is named twice')
      .default([])
      .describe('Aliases guarded.'),
    environments: z
      .array(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'an environment has lower-case letters, digits and -'))
      .max(20)
      .refine(distinct, 'an environment is named twice')
      .default([])
      .describe('Environments whose aliases are guarded, all of them.'),
  })
  .meta({ anyOf: [{ required: ['pointers'] }, { required: ['environments'] }] })
  .superRefine(({ pointers, environments }, context) => {
    if (pointers.length + environments.length === 0)
      context.addIssue({ code: 'custom', message: "guards nothing: name 'pointers' or 'environments'" });
  });

const evidence = z.strictObject({
  dataset: z.string().min(1).max(500).describe('Dataset, for people to read.'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "write the digest as 'sha256:' and 64 lower-case hex digits")
    .describe('The pinned dataset version: only evaluations on it count.'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'Score from which on a row counts as positive: only evaluations with it count, so nobody chooses it after the fact.',
    ),
});

const gates = z
  .array(gate)
  .min(1, 'a policy needs at least one gate')
  .max(50)
  .superRefine((list, context) => {
    for (const [index, { gate: kind }] of list.entries()) {
      const message = missingFacts(kind);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [index, 'gate'], message });
    }
    const ageless = list.find((each) => each.gate === 'metric-threshold' && metricKind(each.metric) === undefined);
    const aged = list.findIndex((each) => each.gate === 'evidence-age');
    if (ageless?.gate === 'metric-threshold' && aged >= 0)
      context.addIssue({
        code: 'custom',
        path: [aged, 'gate'],
        message: `this never passes: nobody but its author says how old the self-reported '${ageless.metric}' is`,
      });
  });

const rollback = z.strictObject({
  gates: z
    .enum(['same', 'version'], { error: "the gates of a rollback are 'same' or 'version'" })
    .default('same')
    .describe(
      'Which gates are asked again. `version`: those that judge the version by itself; not how it compares with what it replaces, what a monitor says of that, or how old the evidence is.',
    ),
  approvals: z
    .union([z.literal('same'), approvals])
    .default('same')
    .describe('Who must agree that the pointer goes back to an earlier holder; `same`: as for a promotion.'),
});

const breakGlass = z.strictObject({
  role: role.describe('Role that may move the pointer at once, with a reason.'),
  expiresAfter: duration.describe(
    'The emergency counts as one for this time. Without a review by then, the alarm repeats and there is no other one.',
  ),
  review: z
    .strictObject({
      role: role.describe('Role that reviews it; never whoever broke the glass.'),
      within: duration.describe('The review is due within this time.'),
    })
    .describe('The review that is opened.'),
});

/** What a policy file says, once it is parsed. Unknown keys are refused, so that a misspelt rule can't be silently absent. */
export const policyDocument = z.strictObject({
  policy: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a policy name has lower-case letters, digits and -')
    .describe('Name of the policy.'),
  description: z.string().max(4000).optional().describe('Why the policy exists.'),
  guards: guards.describe('What may move only under this policy.'),
  evidence: evidence.describe('The held-out data that gates are evaluated on.'),
  gates: gates.describe('All must pass.'),
  approvals: approvals.describe(
    'Who must agree. Whoever trained, registered or requested never counts: that is no setting.',
  ),
  approvalOrder: z
    .enum(['parallel', 'in-order'], { error: "an order is 'parallel' or 'in-order'" })
    .default('parallel')
    .describe('`in-order`: each line of approvals is complete before the next one may sign.'),
  rollback: rollback.optional().describe('Going back to an earlier holder; without it, as any promotion.'),
  breakGlass: breakGlass.optional().describe('Moving at once in an emergency; without it, nobody may.'),
  expiresAfter: duration.default('14d').describe('An undecided request ends by itself after this time.'),
});

export type PolicyDocument = z.infer<typeof policyDocument>;
