import type { JobResult, RecipeSpec } from '@assay/contracts';
import { check } from './check/check.recipe.js';
import { evaluate } from './evaluate/evaluate.recipe.js';
import type { RecipeContext } from './recipe.js';
import { score } from './score/score.recipe.js';
import { tabular } from './tabular/tabular.recipe.js';

/** Runs the built-in recipe that a spec names. */
export function runRecipe(spec: RecipeSpec, context: RecipeContext): Promise<JobResult> {
  switch (spec.recipe) {
    case 'tabular':
      return tabular.run(spec, context);
    case 'evaluate':
      return evaluate.run(spec, context);
    case 'score':
      return score.run(spec, context);
    case 'check':
      return check.run(spec, context);
  }
}
