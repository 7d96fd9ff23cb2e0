import {
  type Actor,
  type BreakGlass,
  breakGlass,
  breakGlassIdRequest,
  breakGlassList,
  breakGlassListRequest,
  type BreakGlassRequest,
  breakGlassRequest,
  type ReviewBreakGlassRequest,
  reviewBreakGlassRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { MoveAtOnce } from './move-at-once.js';
import { type BreakGlassPage, type ListedBreakGlass, ReviewBreakGlass } from './review-break-glass.js';

const path = '/api/v1/break-glass';

@Controller()
export class BreakGlassController {
  constructor(
    private readonly moveAtOnce: MoveAtOnce,
    private readonly reviews: ReviewBreakGlass,
  ) {}

  @Endpoint({
    method: 'POST',
    path,
    permission: 'promotions:emergency',
    models: { fields: ['model'] },
    summary: 'Move a guarded pointer at once, by the rule of its policies; raises an alarm and opens a review',
    request: breakGlassRequest,
    response: breakGlass,
    status: 201,
  })
  move(@Caller() actor: Actor, @Input() input: BreakGlassRequest): Promise<BreakGlass> {
    return this.moveAtOnce.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path,
    permission: 'registry:read',
    models: { fields: ['model'] },
    summary: 'List emergency moves and their reviews',
    request: breakGlassListRequest,
    response: breakGlassList,
  })
  list(@Caller() actor: Actor, @Input() input: ListedBreakGlass): Promise<BreakGlassPage> {
    return this.reviews.list(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: `${path}/:id`,
    permission: 'registry:read',
    models: { behind: { id: 'break-glass' } },
    summary: 'Show an emergency move with its review',
    request: breakGlassIdRequest,
    response: breakGlass,
  })
  get(@Caller() actor: Actor, @Input() input: { id: string }): Promise<BreakGlass> {
    return this.reviews.get(actor, input.id);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/review`,
    permission: 'promotions:emergency',
    models: { behind: { id: 'break-glass' } },
    summary: 'Close the review of an emergency move that somebody else made',
    request: reviewBreakGlassRequest,
    response: breakGlass,
  })
  review(@Caller() actor: Actor, @Input() input: ReviewBreakGlassRequest): Promise<BreakGlass> {
    return this.reviews.execute(actor, input);
  }
}
