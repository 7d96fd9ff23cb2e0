import type { AuditEvent } from '@assay/audit-reads';
import type { WebhookEvent } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { promptTag } from '../models/registered-model.js';
import { stageOf } from '../pointers/pointer.js';
import { movingActions, platformEvent } from './webhook-actions.js';
import { type ModelFacts, WebhookFactsStore } from './webhook-facts.store.js';
import { ModelsOfEvent } from './models-of-event.js';
import type { Message } from './webhook.js';

const tagKeys = z.object({ tagKeys: z.array(z.string()) });
const tagKey = z.object({ key: z.string() });
const pointerMoves = z.object({
  moves: z.array(
    z.object({
      id: z.string(),
      pointer: z.string(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      via: z.string(),
    }),
  ),
});

type Told = Omit<Message, 'models'>;

const promptText = 'mlflow.prompt.text';
const promptType = '_mlflow_prompt_type';

/** Turns an audit record into what webhooks are told of it: MLflow's messages exactly as its own server sends them, and the platform's own. */
@Injectable()
export class ComposeMessages {
  constructor(
    private readonly facts: WebhookFactsStore,
    private readonly modelsOf: ModelsOfEvent,
  ) {}

  async execute(tx: Tx, event: AuditEvent): Promise<Message[]> {
    const models = await this.modelsOf.execute(tx, event);
    const about = (message: Told): Message => ({ ...message, models });
    return [
      ...(await this.#ofMlflow(tx, event)).map(about),
      ...(await this.#moves(tx, event)),
      ...(await this.#own(tx, event)).map(about),
    ];
  }

  async #ofMlflow(tx: Tx, event: AuditEvent): Promise<Told[]> {
    const { action, target } = event;
    switch (action) {
      case 'registry.model.created.v1':
        return this.#modelCreated(tx, event);
      case 'registry.version.registered.v1':
        return this.#versionCreated(tx, event);
      case 'registry.model.tagged.v1':
      case 'registry.model.untagged.v1': {
        const model = await this.#model(tx, target.id);
        if (model === null || !model.isPrompt) return []; // MLflow has no event for a model's tags
        return tagMessages(event, 'prompt_tag', model.name, null, model.tags);
      }
      case 'registry.version.tagged.v1':
      case 'registry.version.untagged.v1': {
        const model = await this.#model(tx, target.id);
        const version = await this.facts.version(tx, target.id, Number(target.version));
        if (model === null || version === null) return [];
        const entity = model.isPrompt ? 'prompt_version_tag' : 'model_version_tag';
        return tagMessages(event, entity, model.name, target.version, version.tags);
      }
      default:
        return [];
    }
  }

  async #modelCreated(tx: Tx, event: AuditEvent): Promise<Told[]> {
    const model = await this.#model(tx, event.target.id);
    if (model === null) return [];
    const recorded = tagKeys.extend({ name: z.string() }).safeParse(event.after).data;
    const tags = only(model.tags, recorded?.tagKeys, model.isPrompt ? [promptTag, promptType] : []);
    const data = { name: recorded?.name ?? model.name, tags, description: model.description ?? '' };
    return [mlflowMessage(event, model.isPrompt ? 'prompt.created' : 'registered_model.created', data)];
  }

  async #versionCreated(tx: Tx, event: AuditEvent): Promise<Told[]> {
    const { target } = event;
    const model = await this.#model(tx, target.id);
    const version = await this.facts.version(tx, target.id, Number(target.version));
    if (model === null || version === null) return [];
    const keys = tagKeys.safeParse(event.after).data?.tagKeys;
    const named = { name: model.name, version: target.version };
    const { description } = version;
    if (model.isPrompt) {
      const tags = only(version.tags, keys, [promptTag, promptType, promptText]);
      const data = { ...named, template: version.tags[promptText] ?? null, tags, description };
      return [mlflowMessage(event, 'prompt_version.created', data)];
    }
    const { source, runId } = version;
    const tags = only(version.tags, keys, []);
    return [mlflowMessage(event, 'model_version.created', { ...named, source, run_id: runId, tags, description })];
  }

  /** Each move of a pointer: MLflow's alias events for moves of aliases by themselves, `pointer.moved` for all of them. */
  async #moves(tx: Tx, event: AuditEvent): Promise<Message[]> {
    const recorded = movingActions.includes(event.action) ? pointerMoves.safeParse(event.after) : null;
    if (recorded?.success !== true) return [];
    const { moves } = recorded.data;
    const modelIds = await this.facts.modelsOfMoves(
      tx,
      moves.map(({ id }) => id),
    );
    const models = await this.facts.models(tx, [...new Set(modelIds.values())]);
    return moves.flatMap((move) => {
      const model = models.get(modelIds.get(move.id) ?? '');
      if (model === undefined) return [];
      const { pointer, from, to, via } = move;
      const moved = { model: model.name, modelId: model.id, pointer, from: text(from), to: text(to), via };
      const about = { models: [model.name] };
      const own = { ...ownMessage(event, 'pointer.moved', moved), ...about };
      if (event.action !== 'registry.pointer.moved.v1' || stageOf(pointer) !== null) return [own];
      const entity = model.isPrompt ? 'prompt_alias' : 'model_version_alias';
      const alias =
        to === null
          ? mlflowMessage(event, `${entity}.deleted`, { name: model.name, alias: pointer })
          : mlflowMessage(event, `${entity}.created`, { name: model.name, alias: pointer, version: String(to) });
      return [{ ...alias, ...about }, own];
    });
  }

  async #own(tx: Tx, event: AuditEvent): Promise<Told[]> {
    const named = platformEvent(event.action);
    if (named === null) return [];
    const { before, after, target } = event;
    if (target.type === 'promotion') {
      const moves = await this.facts.movesOfRequest(tx, target.id);
      const [model, ...others] = new Set(moves.map((move) => move.model));
      const told = { model: others.length === 0 ? (model ?? null) : null, moves };
      return [ownMessage(event, named, { ...told, before: before ?? null, after: after ?? null })];
    }
    const modelId = target.type === 'model' || target.type === 'model-version' ? target.id : event.links['model'];
    const model = modelId === undefined ? null : await this.#model(tx, modelId);
    // Drift and jobs link a model by its name, the registry by its id.
    const data = { model: model?.name ?? modelId ?? null, before: before ?? null, after: after ?? null };
    const retraining = named === 'job.submitted' && event.links['trigger'] !== undefined;
    return [ownMessage(event, named, data), ...(retraining ? [ownMessage(event, 'retraining.submitted', data)] : [])];
  }

  async #model(tx: Tx, id: string): Promise<ModelFacts | null> {
    return (await this.facts.models(tx, [id])).get(id) ?? null;
  }
}

/** As MLflow's server writes it: its clients' receivers find nothing more and nothing less. */
function mlflowMessage(event: AuditEvent, name: WebhookEvent, data: object): Told {
  const [entity, action] = name.split('.');
  return { event: name, body: JSON.stringify({ entity, action, timestamp: event.time.toISOString(), data }) };
}

/** The platform's own: `type` and `timestamp` as Standard Webhooks advises, and the audit record that can be asked for more. */
function ownMessage(event: AuditEvent, name: WebhookEvent, data: object): Told {
  const [entity, action] = name.split('.');
  const { actor, onBehalfOf, target, links, workspace } = event;
  const body = {
    type: name,
    entity,
    action,
    timestamp: event.time.toISOString(),
    workspace,
    record: { id: event.id, index: event.index, action: event.action },
    actor: { ...actor, onBehalfOf },
    data: { target, ...data, links },
  };
  return { event: name, body: JSON.stringify(body) };
}

/** A tag's value is the one that it has now: the log keeps only its digest. Null when the tag has gone since. */
function tagMessages(
  event: AuditEvent,
  entity: 'prompt_tag' | 'prompt_version_tag' | 'model_version_tag',
  name: string,
  version: string | null,
  tags: Readonly<Record<string, string>>,
): Told[] {
  const set = event.action.endsWith('.tagged.v1');
  const key = tagKey.safeParse(set ? event.after : event.before).data?.key;
  if (key === undefined) return [];
  const data = { name, ...(version === null ? {} : { version }), key, ...(set ? { value: tags[key] ?? null } : {}) };
  return [mlflowMessage(event, `${entity}.${set ? 'set' : 'deleted'}`, data)];
}

/** The tags that the record names; all of them where it was too large to name any. */
function only(
  tags: Readonly<Record<string, string>>,
  keys: readonly string[] | undefined,
  hidden: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => (keys?.includes(key) ?? true) && !hidden.includes(key)),
  );
}

function text(version: number | null): string | null {
  return version === null ? null : String(version);
}
