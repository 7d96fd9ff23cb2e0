import { z } from 'zod';
import { checkRecipe } from './check.js';
import { evaluateRecipe } from './evaluate.js';
import { scoreRecipe } from './score.js';
import { tabularRecipe } from './tabular.js';

/** Everything that a job can run: one schema per recipe and version, told apart by `recipe`. */
export const recipeSpec = z
  .discriminatedUnion('recipe', [tabularRecipe, evaluateRecipe, scoreRecipe, checkRecipe])
  .meta({ id: 'RecipeSpec' });

export type RecipeSpec = z.infer<typeof recipeSpec>;
export type RecipeName = RecipeSpec['recipe'];

export const recipeNames = ['tabular', 'evaluate', 'score', 'check'] as const satisfies RecipeName[];
