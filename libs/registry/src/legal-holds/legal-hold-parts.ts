import { LegalHoldsController } from './legal-holds.controller.js';
import { LegalHoldsService } from './legal-holds.service.js';
import { LegalHoldStore } from './legal-hold.store.js';
import { LiftLegalHold } from './lift-legal-hold.js';
import { SetLegalHold } from './set-legal-hold.js';

/** What legal holds add to the registry's module. */
export const legalHoldControllers = [LegalHoldsController];
export const legalHoldProviders = [LegalHoldStore, LegalHoldsService, SetLegalHold, LiftLegalHold];
