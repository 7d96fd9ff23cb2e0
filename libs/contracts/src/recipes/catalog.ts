import { z } from 'zod';
import { evaluateRecipe } from './evaluate.js';
import { scoreRecipe } from './score.js';
import { tabularRecipe } from './tabular.js';

/** Everything that a job can run: one schema per recipe and version, told apart by `recipe`. */
export const recipeSpec = z
  .discriminatedUnion('recipe', [tabularRecipe, evaluateRecipe, scoreRecipe])
  .meta({ id: 'RecipeSpec' });

export type RecipeSpec = z.infer<typeof recipeSpec>;
export type RecipeName = RecipeSpec['recipe'];

export const recipeNames = ['tabular', 'evaluate', 'score'] as const satisfies RecipeName[];
