import type { PlatformWebhookEvent, WebhookEvent } from '@assay/contracts';

/** Audit records that MLflow's events come from, with all that each may become. Which one depends on what the model is. */
export const mlflowSources = {
  'registry.model.created.v1': ['registered_model.created', 'prompt.created'],
  'registry.model.tagged.v1': ['prompt_tag.set'],
  'registry.model.untagged.v1': ['prompt_tag.deleted'],
  'registry.version.registered.v1': ['model_version.created', 'prompt_version.created'],
  'registry.version.tagged.v1': ['model_version_tag.set', 'prompt_version_tag.set'],
  'registry.version.untagged.v1': ['model_version_tag.deleted', 'prompt_version_tag.deleted'],
  'registry.pointer.moved.v1': [
    'model_version_alias.created',
    'model_version_alias.deleted',
    'prompt_alias.created',
    'prompt_alias.deleted',
  ],
} as const satisfies Record<string, readonly WebhookEvent[]>;

/** Audit records that the platform's own events come from, one to one. */
export const platformSources = {
  'registry.model.renamed.v1': 'registered_model.renamed',
  'registry.model.deleted.v1': 'registered_model.deleted',
  'registry.version.deleted.v1': 'model_version.deleted',
  'registry.version.stage-changed.v1': 'model_version_stage.changed',
  'registry.environments.set.v1': 'environments.set',
  'registry.legal_hold.set.v1': 'legal_hold.set',
  'registry.legal_hold.lifted.v1': 'legal_hold.lifted',
  'registry.dataset.registered.v1': 'dataset.registered',
  'registry.evaluation.recorded.v1': 'evaluation.recorded',
  'registry.policy.published.v1': 'policy.published',
  'registry.policy.proposed.v1': 'policy.proposed',
  'registry.policy.change-refused.v1': 'policy.change_refused',
  'registry.policy.change-withdrawn.v1': 'policy.change_withdrawn',
  'registry.policy.change-superseded.v1': 'policy.change_superseded',
  'registry.promotion.requested.v1': 'promotion.requested',
  'registry.promotion.approved.v1': 'promotion.approved',
  'registry.promotion.applied.v1': 'promotion.applied',
  'registry.promotion.refused.v1': 'promotion.refused',
  'registry.promotion.gates-refused.v1': 'promotion.refused',
  'registry.promotion.withdrawn.v1': 'promotion.withdrawn',
  'registry.promotion.expired.v1': 'promotion.expired',
  'registry.promotion.superseded.v1': 'promotion.superseded',
  'registry.break-glass.used.v1': 'break_glass.used',
  'registry.break-glass.overdue.v1': 'break_glass.overdue',
  'registry.break-glass.reviewed.v1': 'break_glass.reviewed',
  'drift.alert.opened.v1': 'drift_alert.opened',
  'drift.alert.repeated.v1': 'drift_alert.repeated',
  'drift.alert.closed.v1': 'drift_alert.closed',
  'runner.job.submitted.v1': 'job.submitted',
  'runner.job.succeeded.v1': 'job.succeeded',
  'runner.job.failed.v1': 'job.failed',
  'runner.job.cancelled.v1': 'job.cancelled',
} as const satisfies Record<string, PlatformWebhookEvent>;

/** Records in which pointers move beside what they tell of: each move is an event of its own. */
export const movingActions: readonly string[] = [
  'registry.pointer.moved.v1',
  'registry.version.stage-changed.v1',
  'registry.version.deleted.v1',
  'registry.model.deleted.v1',
];

/** Every record that some webhook can be told of. */
export const webhookActions: readonly string[] = [...Object.keys(mlflowSources), ...Object.keys(platformSources)];

/** All events that a record may become. */
export function eventsOf(action: string): WebhookEvent[] {
  const events: WebhookEvent[] = [];
  for (const [source, possible] of Object.entries(mlflowSources)) if (source === action) events.push(...possible);
  const own = platformEvent(action);
  if (own !== null) events.push(own);
  if (action === 'runner.job.submitted.v1') events.push('retraining.submitted');
  if (movingActions.includes(action)) events.push('pointer.moved');
  return events;
}

/** The platform's own event that a record is, or null. */
export function platformEvent(action: string): PlatformWebhookEvent | null {
  return Object.entries(platformSources).find(([source]) => source === action)?.[1] ?? null;
}
