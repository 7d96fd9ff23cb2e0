import { z } from 'zod';

export const alertSeverities = ['low', 'medium', 'high'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

const featureKind = z.enum(['numeric', 'category']);
const name = z.string().min(1).max(255);
const effect = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const persistence = z
  .object({
    alarms: z.int().min(1).max(50).describe('So many windows must alarm …'),
    windows: z.int().min(1).max(50).describe('… among so many last ones, before an alert opens.'),
  })
  .refine(({ alarms, windows }) => alarms <= windows, 'alarms must not exceed windows');

export const createMonitorRequest = z
  .object({
    name: name.describe('Name, unique in the workspace.'),
    model: name.describe('Registered model whose predictions are watched.'),
    pointer: name.optional().describe('Alias that serves it, for example champion. Left out: any.'),
    reference: z
      .object({
        name: z.string().min(1).max(500).describe('Dataset.'),
        version: z.int().min(1).describe('Version of it.'),
      })
      .describe('What the model was approved on: a frozen dataset version.'),
    features: z
      .array(
        z.object({
          name: name.describe('Column of the reference and feature of the predictions.'),
          kind: featureKind.describe(
            'numeric: ordered numbers; category: anything else, small whole numbers included.',
          ),
          minimumEffect: effect.optional().describe('Smallest effect that matters for this feature.'),
        }),
      )
      .min(1)
      .max(2000)
      .optional()
      .describe('Left out: every column that is not excluded; a number with more than 20 distinct values is numeric.'),
    exclude: z
      .array(name)
      .max(2000)
      .default([])
      .describe('Columns that are no features, such as the id and the label.'),
    minimumEffect: effect
      .default(0.1)
      .describe('Smallest effect (KS distance, total variation distance) that is called a shift.'),
    alpha: z
      .number()
      .min(0.0001)
      .max(0.5)
      .default(0.05)
      .describe('Accepted share of false names among the named (Benjamini-Hochberg over the features of a window).'),
    minimumRows: z.int().min(10).max(1_000_000).default(100).describe('Below this a window is not judged.'),
    persistence: persistence
      .default({ alarms: 1, windows: 1 })
      .describe('How often it must alarm before an alert opens.'),
    owner: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Who looks after it; whoever makes the monitor, if left out.'),
    severity: z.enum(alertSeverities).default('medium').describe('Severity of its alerts.'),
    runbook: z.string().max(4000).default('').describe('What to do, or where it is written.'),
  })
  .meta({ id: 'CreateMonitorRequest' });

export const monitor = z
  .object({
    id: z.string().describe('Id of the monitor.'),
    name: name.describe('Name.'),
    model: name.describe('Registered model watched.'),
    pointer: name.nullable().describe('Alias that serves it; null: any.'),
    reference: z
      .object({
        name: z.string().describe('Dataset.'),
        version: z.int().describe('Version of it.'),
        digest: sha256.describe('SHA-256 of its content.'),
        rows: z.int().describe('Rows of it.'),
        rowsKept: z
          .int()
          .describe('Rows kept to compare with: all of them, or a fixed random sample of a large reference.'),
      })
      .describe('What windows are compared with.'),
    features: z
      .array(
        z.object({
          name: name.describe('Feature.'),
          kind: featureKind.describe('How it is compared.'),
          minimumEffect: effect.describe('Smallest effect that is called a shift.'),
        }),
      )
      .describe('Features compared.'),
    alpha: z.number().describe('Accepted share of false names among the named.'),
    minimumRows: z.int().describe('Below this a window is not judged.'),
    persistence: persistence.describe('How often it must alarm before an alert opens.'),
    owner: z.string().describe('Who looks after it.'),
    severity: z.enum(alertSeverities).describe('Severity of its alerts.'),
    runbook: z.string().describe('What to do.'),
    createdBy: z.string().describe('Id of who made it.'),
    createdAt: z.iso.datetime().describe('When.'),
  })
  .meta({ id: 'Monitor' });

export const monitorRequest = z
  .object({ id: z.string().min(1).max(64).describe('Id of the monitor.') })
  .meta({ id: 'MonitorRequest' });
export const monitorListRequest = z
  .object({ model: name.optional().describe('Only of this model.') })
  .meta({ id: 'MonitorListRequest' });
export const monitorList = z
  .object({ monitors: z.array(monitor).describe('Oldest first, at most 1,000.') })
  .meta({ id: 'MonitorList' });

export type CreateMonitorRequest = z.infer<typeof createMonitorRequest>;
export type Monitor = z.infer<typeof monitor>;
export type MonitoredFeature = Monitor['features'][number];
