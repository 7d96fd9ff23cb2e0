import type { WebhookEvent } from '@assay/contracts';

const named = { name: 'example_model' };
const version = { ...named, version: '1' };
const tag = { key: 'example_key', value: 'example_value' };
const described = { tags: { example_key: 'example_value' }, description: 'An example' };

/** What MLflow's events carry, by its types of them. */
const mlflowExamples: Partial<Record<WebhookEvent, object>> = {
  'registered_model.created': { ...named, ...described },
  'model_version.created': { ...version, source: 'models:/123', run_id: 'abcd1234abcd5678', ...described },
  'model_version_tag.set': { ...version, ...tag },
  'model_version_tag.deleted': { ...version, key: tag.key },
  'model_version_alias.created': { ...named, alias: 'example_alias', version: '1' },
  'model_version_alias.deleted': { ...named, alias: 'example_alias' },
  'prompt.created': { ...named, ...described },
  'prompt_version.created': { ...version, template: 'Hello {{name}}!', ...described },
  'prompt_tag.set': { ...named, ...tag },
  'prompt_tag.deleted': { ...named, key: tag.key },
  'prompt_version_tag.set': { ...version, ...tag },
  'prompt_version_tag.deleted': { ...version, key: tag.key },
  'prompt_alias.created': { ...named, alias: 'example_alias', version: '1' },
  'prompt_alias.deleted': { ...named, alias: 'example_alias' },
  'budget_policy.exceeded': {
    budget_policy_id: 'bp-example',
    budget_unit: 'USD',
    budget_amount: 100,
    current_spend: 105.5,
    duration_unit: 'MONTHS',
    duration_value: 1,
    target_scope: 'WORKSPACE',
    workspace: 'default',
    target_value: null,
    window_start: 1_704_067_200_000,
  },
};

/** The body of a test: shaped as the event's own, about things that don't exist. */
export function exampleBody(event: WebhookEvent, workspace: string, now: Date): string {
  const [entity, action] = event.split('.');
  const timestamp = now.toISOString();
  const data = mlflowExamples[event];
  if (data !== undefined) return JSON.stringify({ entity, action, timestamp, data });
  const example = { target: { type: 'example', id: 'example', version: null }, model: 'example_model' };
  return JSON.stringify({
    type: event,
    entity,
    action,
    timestamp,
    workspace,
    record: { id: 'example', index: 0, action: 'example' },
    actor: { id: 'example', kind: 'system', onBehalfOf: null },
    data: { ...example, before: null, after: null, links: {} },
  });
}
