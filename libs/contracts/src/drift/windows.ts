import { z } from 'zod';
import { instant } from './instant.js';

/** `shifted` needs both: significant after correction, and an effect of at least the stated minimum. */
export const featureStates = ['shifted', 'below-minimum', 'steady', 'not-judged'] as const;
export const windowVerdicts = ['shifted', 'steady', 'not-enough-data', 'checks-failed'] as const;
export type FeatureState = (typeof featureStates)[number];
export type WindowVerdict = (typeof windowVerdicts)[number];

const share = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().min(1).max(64);

export const featureFinding = z
  .object({
    feature: z.string().describe('Feature.'),
    kind: z.enum(['numeric', 'category']).describe('How it is compared.'),
    state: z
      .enum(featureStates)
      .describe(
        'shifted: significant and large enough; below-minimum: significant, but smaller than the stated minimum.',
      ),
    rows: z.int().describe('Rows of the window with a value.'),
    referenceRows: z.int().describe('Rows of the reference with a value.'),
    test: z.enum(['kolmogorov-smirnov', 'chi-square']).describe('Test that the p value comes from.'),
    method: z
      .enum(['exact', 'asymptotic', 'permutation'])
      .nullable()
      .describe('How the p value was found; null: not judged.'),
    statistic: z.number().nullable().describe('Test statistic.'),
    pValue: share.nullable().describe('How often chance alone moves the feature at least so far.'),
    qValue: share.nullable().describe('The same after correction for all features of the window (Benjamini-Hochberg).'),
    effect: share.nullable().describe('How far the distribution moved, 0 to 1.'),
    effectName: z.enum(['ks-distance', 'total-variation']).describe('Measure of the effect.'),
    interval: z
      .object({
        low: share.describe('Lower end.'),
        high: share.describe('Upper end.'),
        level: share.describe('Share of such intervals that hold the true effect.'),
      })
      .nullable()
      .describe('Bootstrap interval of the effect, seeded.'),
    minimumEffect: share.describe('Smallest effect that is called a shift.'),
    psi: z
      .object({
        value: z.number().describe('The index.'),
        bins: z.int().describe('Bins that it was computed over.'),
        threshold: z.number().describe('What chance alone exceeds with probability alpha at these sizes.'),
      })
      .nullable()
      .describe('Population stability index, for comparison: it decides nothing.'),
    boundTo: z
      .array(
        z.object({
          feature: z.string().describe('Feature that moved further.'),
          association: share.describe(
            'In the reference: |rank correlation|, correlation ratio of ranks, or Cramér’s V.',
          ),
        }),
      )
      .describe('Features that moved further and that this one goes together with in the reference.'),
  })
  .meta({ id: 'FeatureFinding' });

export const windowCheck = z
  .object({
    feature: z.string().describe('Feature.'),
    check: z.enum(['missing', 'type', 'unseen-category', 'range']).describe('What was looked at.'),
    level: z.enum(['broken', 'notice']).describe('broken: the data is at fault, so the feature is not judged.'),
    share: share.describe('Share of the rows of the window.'),
    detail: z.string().describe('What was found.'),
  })
  .meta({ id: 'WindowCheck' });

export const driftWindow = z
  .object({
    id: id.describe('Id of the window.'),
    monitorId: id.describe('Monitor that judged it.'),
    label: z.string().describe('Name for people.'),
    from: z.iso.datetime().describe('Start, included.'),
    to: z.iso.datetime().describe('End, not included.'),
    rows: z.int().describe('Predictions in it.'),
    rowsUsed: z.int().describe('Predictions compared: all, or a fixed sample of a very large window.'),
    verdict: z.enum(windowVerdicts).describe('What was found.'),
    shifted: z.array(z.string()).describe('Names of the shifted features, largest effect first.'),
    features: z.array(featureFinding).describe('Every feature of the monitor.'),
    checks: z.array(windowCheck).describe('What is unusual about the data itself.'),
    referenceDigest: sha256.describe('SHA-256 of the reference dataset version.'),
    predictionsDigest: sha256.describe('SHA-256 of the predictions compared.'),
    alertId: id.nullable().describe('Alert that it opened or belongs to.'),
    judgedAt: z.iso.datetime().describe('When.'),
  })
  .meta({ id: 'DriftWindow' });

export const judgeWindowRequest = z
  .object({
    id: id.describe('Id of the monitor.'),
    from: instant.describe('Start, included.'),
    to: instant.describe('End, not included.'),
    label: z.string().max(255).default('').describe('Name for people, for example 2024-05.'),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { message: 'must lie after from', path: ['to'] })
  .meta({ id: 'JudgeWindowRequest' });

export const windowListRequest = z
  .object({
    id: id.describe('Id of the monitor.'),
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most so many.'),
  })
  .meta({ id: 'WindowListRequest' });
export const windowRequest = z
  .object({ id: id.describe('Id of the monitor.'), window: id.describe('Id of the window.') })
  .meta({ id: 'WindowRequest' });
export const windowList = z
  .object({ windows: z.array(driftWindow).describe('Latest end first.') })
  .meta({ id: 'WindowList' });

export type DriftWindow = z.infer<typeof driftWindow>;
export type FeatureFinding = z.infer<typeof featureFinding>;
export type WindowCheck = z.infer<typeof windowCheck>;
export type JudgeWindowRequest = z.infer<typeof judgeWindowRequest>;
