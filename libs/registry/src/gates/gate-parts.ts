import { CheckWaiting } from './check-waiting.js';
import { ComparisonStore } from './comparison.store.js';
import { EvaluatePolicy } from './evaluate-policy.js';
import { MakeComparison } from './make-comparison.js';
import { WaitingStore } from './waiting.store.js';

/** What gates add to the registry's module. */
export const gateProviders = [ComparisonStore, EvaluatePolicy, MakeComparison, WaitingStore, CheckWaiting];
