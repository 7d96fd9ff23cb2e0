import { z } from 'zod';
import { alertSeverities } from './monitors.js';

const id = z.string().min(1).max(64);

export const alertKinds = ['drift', 'data'] as const;
export type AlertKind = (typeof alertKinds)[number];

export const driftAlert = z
  .object({
    id: id.describe('Id of the alert.'),
    monitorId: id.describe('Monitor that opened it.'),
    windowId: id.describe('Window that opened it.'),
    kind: z.enum(alertKinds).describe('drift: features shifted; data: the data itself is broken.'),
    state: z.enum(['open', 'closed']).describe('Open until somebody closes it.'),
    severity: z.enum(alertSeverities).describe('Severity.'),
    owner: z.string().describe('Who looks after it.'),
    runbook: z.string().describe('What to do.'),
    features: z.array(z.string()).describe('Features named when it opened.'),
    windows: z.int().describe('Windows that alarmed while it was open, the first included.'),
    openedAt: z.iso.datetime().describe('When it opened.'),
    closedAt: z.iso.datetime().nullable().describe('When it was closed.'),
    closedBy: z.string().nullable().describe('Id of who closed it.'),
    closeReason: z.string().nullable().describe('Why.'),
  })
  .meta({ id: 'DriftAlert' });

export const alertRequest = z.object({ id: id.describe('Id of the alert.') }).meta({ id: 'AlertRequest' });
export const closeAlertRequest = z
  .object({
    id: id.describe('Id of the alert.'),
    reason: z.string().trim().min(1).max(4000).describe('Why it can be closed.'),
  })
  .meta({ id: 'CloseAlertRequest' });
export const alertListRequest = z
  .object({
    monitor: id.optional().describe('Only of this monitor.'),
    state: z.enum(['open', 'closed']).optional().describe('Only in this state.'),
    limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most so many.'),
  })
  .meta({ id: 'AlertListRequest' });
export const alertList = z.object({ alerts: z.array(driftAlert).describe('Newest first.') }).meta({ id: 'AlertList' });

export type DriftAlert = z.infer<typeof driftAlert>;
