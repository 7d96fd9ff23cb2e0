import {
  type Actor,
  type ApprovePromotionRequest,
  type Promotion,
  type RefusePromotionRequest,
  type RequestPromotionRequest,
  approvePromotionRequest,
  promotion,
  promotionList,
  promotionListRequest,
  promotionRequest,
  refusePromotionRequest,
  requestPromotionRequest,
  withdrawPromotionRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ApprovePromotion } from './approve-promotion.js';
import { EndPromotion } from './end-promotion.js';
import { type ListedPromotions, type PromotionPage, PromotionsService } from './promotions.service.js';
import { RequestPromotion } from './request-promotion.js';

const path = '/api/v1/promotions';

@Controller()
export class PromotionsController {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly requestPromotion: RequestPromotion,
    private readonly approvePromotion: ApprovePromotion,
    private readonly endPromotion: EndPromotion,
  ) {}

  @Endpoint({
    method: 'POST',
    path,
    permission: 'promotions:request',
    models: { fields: ['moves.model'] },
    summary: 'Ask for guarded pointers to move: one, or several in one step',
    request: requestPromotionRequest,
    response: promotion,
    status: 201,
  })
  request(@Caller() actor: Actor, @Input() input: RequestPromotionRequest): Promise<Promotion> {
    return this.requestPromotion.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path,
    permission: 'registry:read',
    models: { fields: ['model'] },
    summary: 'List promotion requests',
    request: promotionListRequest,
    response: promotionList,
  })
  list(@Caller() actor: Actor, @Input() input: ListedPromotions): Promise<PromotionPage> {
    return this.promotions.list(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: `${path}/:id`,
    permission: 'registry:read',
    models: { behind: { id: 'promotion' } },
    summary: 'Show a request with its gates and evidence',
    request: promotionRequest,
    response: promotion,
  })
  get(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Promotion> {
    return this.promotions.get(actor, input.id);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/check`,
    permission: 'promotions:request',
    models: { behind: { id: 'promotion' } },
    summary: 'Evaluate the gates again',
    request: promotionRequest,
    response: promotion,
  })
  check(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Promotion> {
    return this.promotions.check(actor, input.id);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/approve`,
    permission: 'promotions:decide',
    models: { behind: { id: 'promotion' } },
    summary: 'Approve and sign; the last approval moves the pointers',
    request: approvePromotionRequest,
    response: promotion,
  })
  approve(@Caller() actor: Actor, @Input() input: ApprovePromotionRequest): Promise<Promotion> {
    return this.approvePromotion.execute(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/refuse`,
    permission: 'promotions:decide',
    models: { behind: { id: 'promotion' } },
    summary: 'Refuse and sign',
    request: refusePromotionRequest,
    response: promotion,
  })
  refuse(@Caller() actor: Actor, @Input() input: RefusePromotionRequest): Promise<Promotion> {
    return this.endPromotion.refuse(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/:id/withdraw`,
    permission: 'promotions:request',
    models: { behind: { id: 'promotion' } },
    summary: 'Withdraw your request',
    request: withdrawPromotionRequest,
    response: promotion,
  })
  withdraw(@Caller() actor: Actor, @Input() input: { id: string; comment: string }): Promise<Promotion> {
    return this.endPromotion.withdraw(actor, input);
  }
}
