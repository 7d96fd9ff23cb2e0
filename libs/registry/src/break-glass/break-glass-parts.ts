import { AlarmOverdueReviews } from './alarm-overdue-reviews.js';
import { BreakGlassController } from './break-glass.controller.js';
import { BreakGlassStore } from './break-glass.store.js';
import { MoveAtOnce } from './move-at-once.js';
import { ReviewBreakGlass } from './review-break-glass.js';
import { ShowBreakGlass } from './show-break-glass.js';

/** What emergency moves add to the registry's module. */
export const breakGlassControllers = [BreakGlassController];
export const breakGlassProviders = [BreakGlassStore, ShowBreakGlass, MoveAtOnce, ReviewBreakGlass, AlarmOverdueReviews];
