import type { Actor } from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import {
  deleteScorerRequest,
  type DeleteScorerRequest,
  emptyResponse,
  getScorerRequest,
  listScorersRequest,
  listScorerVersionsRequest,
  type RegisterScorerRequest,
  registerScorerRequest,
  registerScorerResponse,
  type ScorerMessage,
  scorerResponse,
  scorersResponse,
} from '@assay/pure/mlflow-wire';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import type { ScorerVersion } from './scorer.store.js';
import { ScorersService } from './scorers.service.js';

const root = '/api/3.0/mlflow/scorers';
type ScorersResponse = z.infer<typeof scorersResponse>;

@Controller()
export class ScorersController {
  constructor(private readonly scorers: ScorersService) {}

  @Endpoint({
    method: 'POST',
    path: `${root}/register`,
    permission: 'tracking:write',
    summary: 'Registers a version of a scorer',
    request: registerScorerRequest,
    response: registerScorerResponse,
  })
  async register(
    @Input() input: RegisterScorerRequest,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof registerScorerResponse>> {
    const made = await this.scorers.register(actor, input);
    return {
      version: made.version,
      scorer_id: made.scorerId,
      experiment_id: made.experimentId,
      name: made.name,
      serialized_scorer: made.serialized,
      creation_time: made.createdMs,
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/list`,
    permission: 'tracking:read',
    summary: 'Lists the newest version of each scorer of experiments',
    request: listScorersRequest,
    response: scorersResponse,
  })
  async list(
    @Input() { experiment_id: one, experiment_ids: more }: z.infer<typeof listScorersRequest>,
    @Caller() actor: Actor,
  ): Promise<ScorersResponse> {
    return listed(await this.scorers.newest(actor, one === undefined ? more : [one, ...more]));
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/versions`,
    permission: 'tracking:read',
    summary: 'Lists all versions of a scorer',
    request: listScorerVersionsRequest,
    response: scorersResponse,
  })
  async versions(
    @Input() input: z.infer<typeof listScorerVersionsRequest>,
    @Caller() actor: Actor,
  ): Promise<ScorersResponse> {
    return listed(await this.scorers.versions(actor, input.experiment_id, input.name));
  }

  @Endpoint({
    method: 'GET',
    path: `${root}/get`,
    permission: 'tracking:read',
    summary: 'Reads a version of a scorer',
    request: getScorerRequest,
    response: scorerResponse,
  })
  async get(
    @Input() input: z.infer<typeof getScorerRequest>,
    @Caller() actor: Actor,
  ): Promise<z.infer<typeof scorerResponse>> {
    return { scorer: toWire(await this.scorers.get(actor, input.experiment_id, input.name, input.version)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: `${root}/delete`,
    permission: 'tracking:write',
    summary: 'Deletes a version of a scorer, or all',
    request: deleteScorerRequest,
    response: emptyResponse,
  })
  async delete(@Input() input: DeleteScorerRequest, @Caller() actor: Actor): Promise<Record<string, never>> {
    await this.scorers.delete(actor, input);
    return {};
  }
}

function listed(scorers: readonly ScorerVersion[]): ScorersResponse {
  return scorers.length === 0 ? {} : { scorers: scorers.map(toWire) };
}

function toWire(one: ScorerVersion): ScorerMessage {
  return {
    experiment_id: Number(one.experimentId),
    scorer_name: one.name,
    scorer_version: one.version,
    serialized_scorer: one.serialized,
    creation_time: one.createdMs,
    scorer_id: one.scorerId,
  };
}
