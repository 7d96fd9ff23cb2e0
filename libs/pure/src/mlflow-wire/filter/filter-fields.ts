import { z } from 'zod';
import { list, queryList, requiredText, text } from '../scalars.js';
import type { Comparison } from './comparison.js';
import { SearchSyntaxError } from './field-reader.js';
import type { SearchKind } from './grammar.js';
import { type OrderTerm, parseOrderBy } from './order-by.js';
import { parseFilter } from './parse-filter.js';

/** A request's `filter`, parsed to its clauses; a filter that can't be read is refused with MLflow's wording. */
export function filterField(kind: SearchKind) {
  return text.default('').transform((source, context): Comparison[] => {
    return attempt(() => parseFilter(kind, source), source, context);
  });
}

/** As `filterField`, for one that must be there. */
export function requiredFilterField(kind: SearchKind) {
  return requiredText.transform((source, context): Comparison[] => {
    return attempt(() => parseFilter(kind, source), source, context);
  });
}

/** A request body's `order_by`, parsed to its terms. */
export function orderByField(kind: SearchKind) {
  return list(text).transform((clauses, context): OrderTerm[] => {
    return attempt(() => parseOrderBy(kind, clauses), clauses, context);
  });
}

/** A query's `order_by`, given once or more often. */
export function orderByQuery(kind: SearchKind) {
  return queryList(text).transform((clauses, context): OrderTerm[] => {
    return attempt(() => parseOrderBy(kind, clauses), clauses, context);
  });
}

function attempt<T>(parse: () => T, input: unknown, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SearchSyntaxError)) throw error;
    context.issues.push({ code: 'custom', input, message: error.message });
    return z.NEVER;
  }
}
