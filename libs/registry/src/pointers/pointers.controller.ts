import {
  type Actor,
  movedPointers,
  movePointerRequest,
  movePointersRequest,
  pointerHistory,
  pointerHistoryRequest,
  pointerList,
  pointerListRequest,
  pointerRequest,
  pointerState,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import type { z } from 'zod';
import type { AskedMove } from './pointer.js';
import { PointersService } from './pointers.service.js';
import { shownMove, shownPointer } from './shown-pointer.js';

const base = '/api/v1/models/:name/pointers';

@Controller()
export class PointersController {
  constructor(private readonly pointers: PointersService) {}

  @Endpoint({
    method: 'GET',
    path: base,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Pointers of a model that hold a version',
    request: pointerListRequest,
    response: pointerList,
  })
  async list(@Caller() actor: Actor, @Input() { name }: z.infer<typeof pointerListRequest>) {
    const held = await this.pointers.list(actor, name);
    return {
      pointers: held.map(({ name: pointer, version, movedAt }) => ({
        pointer,
        version: String(version),
        movedAt: movedAt.toISOString(),
      })),
    };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:alias`,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'What a pointer holds, or held at a time',
    request: pointerRequest,
    response: pointerState,
  })
  async get(@Caller() actor: Actor, @Input() input: z.infer<typeof pointerRequest>) {
    const asOf = input.asOf === undefined ? null : new Date(input.asOf);
    return shownPointer(await this.pointers.state(actor, input.name, input.alias, asOf));
  }

  @Endpoint({
    method: 'PUT',
    path: `${base}/:alias`,
    permission: 'registry:write',
    models: { fields: ['name'] },
    summary: 'Move an unguarded pointer, if it holds what is expected',
    request: movePointerRequest,
    response: pointerState,
  })
  async move(@Caller() actor: Actor, @Input() input: z.infer<typeof movePointerRequest>) {
    const { name, alias, version, expected, reason } = input;
    const [held] = await this.pointers.move(actor, askedMove({ model: name, alias, version, expected }, reason));
    if (held === undefined) throw new Error(`the pointer ${alias} was not answered`);
    return shownPointer(held);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/pointer-moves',
    permission: 'registry:write',
    models: { fields: ['moves.model'] },
    summary: 'Move several unguarded pointers in one step, if each holds what is expected; all of them or none',
    request: movePointersRequest,
    response: movedPointers,
  })
  async moveTogether(@Caller() actor: Actor, @Input() { moves, reason }: z.infer<typeof movePointersRequest>) {
    const held = await this.pointers.move(actor, ...moves.map((move) => askedMove(move, reason)));
    return { pointers: held.map(shownPointer) };
  }

  @Endpoint({
    method: 'GET',
    path: `${base}/:alias/history`,
    permission: 'registry:read',
    models: { fields: ['name'] },
    summary: 'Every move of a pointer, newest first',
    request: pointerHistoryRequest,
    response: pointerHistory,
  })
  async history(@Caller() actor: Actor, @Input() input: z.infer<typeof pointerHistoryRequest>) {
    const moves = await this.pointers.history(actor, input.name, input.alias, input.limit + 1, input.before ?? null);
    const shown = moves.slice(0, input.limit);
    const last = shown.at(-1);
    return {
      moves: shown.map(shownMove),
      nextBefore: moves.length > shown.length && last !== undefined ? last.sequence : null,
    };
  }
}

interface WireMove {
  readonly model: string;
  readonly alias: string;
  readonly version: string | null;
  readonly expected: string | null;
}

function askedMove({ model, alias, version, expected }: WireMove, reason: string | undefined): AskedMove {
  return {
    model,
    pointer: alias,
    to: version === null ? null : Number(version),
    expected: expected === null ? null : Number(expected),
    via: 'pointer',
    ...(reason === undefined ? {} : { reason }),
  };
}
