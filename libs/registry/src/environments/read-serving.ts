import { PersonNames } from '@assay/access-reads';
import {
  type Actor,
  hiddenModels,
  mayOnModel,
  type Serving,
  type ServingRequest,
  type ServingVersion,
} from '@assay/contracts';
import { Clock, Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { encodePageToken } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { modelNotFound } from '../models/model-refusals.js';
import { keysOfToken } from '../search/keyset.js';
import { scopeOf } from './environment.js';
import { EnvironmentStore } from './environment.store.js';
import { type CountedApproval, type DecidingPolicy, type ServingRow, ServingStore } from './serving.store.js';

/** Answers what serves in an environment, now or at an instant: which version, who put it there, who approved it, under which rule. */
@Injectable()
export class ReadServing {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly environments: EnvironmentStore,
    private readonly store: ServingStore,
    private readonly names: PersonNames,
    private readonly clock: Clock,
  ) {}

  /** An environment is what it was at that instant: which aliases belonged to it is answered along. */
  async execute(actor: Actor, input: ServingRequest): Promise<Serving> {
    return this.database.read(async (tx) => {
      const asOf = input.asOf === undefined ? null : new Date(input.asOf);
      const all =
        asOf === null
          ? await this.environments.all(tx, actor.workspace)
          : await this.environments.at(tx, actor.workspace, asOf);
      const environment = all.find(({ name }) => name === input.environment);
      if (environment === undefined) {
        throw new AppError(
          'RESOURCE_DOES_NOT_EXIST',
          `There ${asOf === null ? 'is' : 'was'} no environment '${input.environment}': use one of ${all.map(({ name }) => name).join(', ')}.`,
        );
      }
      if (input.model !== undefined) {
        // A model that the caller may not read is as unknown as one that there isn't.
        const mayRead = mayOnModel(actor, 'registry:read', input.model);
        if (!mayRead || !(await this.store.knowsModel(tx, actor.workspace, input.model)))
          throw modelNotFound(input.model);
      }
      const scope = `serving ${actor.workspace} ${input.environment}`;
      const rows = await this.store.holders(tx, {
        workspace: actor.workspace,
        scope: scopeOf(all, input.environment),
        model: input.model ?? null,
        hidden: hiddenModels(actor),
        asOf,
        limit: input.limit + 1,
        after: input.pageToken === undefined ? null : placeAfter(scope, input.pageToken),
      });
      const shown = rows.slice(0, input.limit);
      const last = shown.at(-1);
      const isLast = rows.length === shown.length || last === undefined;
      return {
        environment: { name: environment.name, aliases: [...environment.aliases] },
        asOf: asOf?.toISOString() ?? null,
        serving: await this.#told(tx, shown),
        nextPageToken: isLast ? null : encodePageToken(scope, [last.model, last.pointer, last.modelId]),
      };
    });
  }

  /** The rows with names, approvals and rules: three queries, however many rows there are. */
  async #told(tx: Tx, rows: readonly ServingRow[]): Promise<ServingVersion[]> {
    const approvals = await this.store.approvals(tx, present(rows.map(({ requestId }) => requestId)));
    const policies = await this.store.policies(tx, [
      ...new Set(rows.flatMap(({ policyVersionIds }) => policyVersionIds)),
    ]);
    const names = await this.names.of(tx, [
      ...present(rows.flatMap(({ actorId, onBehalfOf, requestedBy }) => [actorId, onBehalfOf, requestedBy])),
      ...approvals.map(({ by }) => by),
    ]);
    const now = this.clock.now();
    return rows.map((row) => servingVersion(row, { approvals, policies, names, now }));
  }
}

interface Behind {
  readonly approvals: readonly CountedApproval[];
  readonly policies: readonly DecidingPolicy[];
  readonly names: ReadonlyMap<string, string>;
  readonly now: Date;
}

function servingVersion(row: ServingRow, { approvals, policies, names, now }: Behind): ServingVersion {
  const somebody = (id: string) => ({ id, name: names.get(id) ?? null });
  const { actorId, actorKind, onBehalfOf, requestedBy, requestId } = row;
  return {
    model: row.model,
    modelId: row.modelId,
    pointer: row.pointer,
    version: String(row.version),
    manifestDigest: row.manifestDigest,
    movedAt: row.movedAt.toISOString(),
    movedBy: {
      ...somebody(actorId),
      kind: actorKind,
      onBehalfOf: onBehalfOf === null ? null : somebody(onBehalfOf),
    },
    via: row.via,
    reason: row.reason,
    requestId,
    requestedBy: requestedBy === null ? null : somebody(requestedBy),
    approvals: approvals
      .filter(
        // Of a request for several pointers, those that a policy of this one asked for.
        (approval) =>
          approval.requestId === requestId && approval.policyVersionIds.some((id) => row.policyVersionIds.includes(id)),
      )
      .map(({ by, role, at, comment }) => ({ by: somebody(by), role, at: at.toISOString(), comment })),
    policies: policies
      .filter(({ id }) => row.policyVersionIds.includes(id))
      .map(({ name, version, digest }) => ({ name, version, digest })),
    emergency: emergencyOf(row, now),
  };
}

function emergencyOf({ verdict, reviewDueAt, emergencyEndsAt }: ServingRow, now: Date): ServingVersion['emergency'] {
  if (reviewDueAt === null || emergencyEndsAt === null) return null;
  const overdue = verdict === null && (now >= reviewDueAt || now >= emergencyEndsAt);
  return { reviewDueAt: reviewDueAt.toISOString(), verdict, overdue };
}

function placeAfter(scope: string, token: string): readonly [string, string, string] {
  const [model = '', pointer = '', modelId = ''] = keysOfToken(scope, token, ['string', 'string', 'string']).map(
    String,
  );
  return [model, pointer, modelId];
}

function present(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
