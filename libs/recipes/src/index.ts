export { ApiClient, ApiError, type ApiClientOptions } from './api/api-client.js';
export type { Recipe, RecipeContext } from './recipe.js';
export { runRecipe } from './run-recipe.js';
export {
  loadTensorFlow,
  type LoadTensorFlowOptions,
  type TensorFlow,
  type TensorFlowBackend,
} from './tensorflow/load-tensorflow.js';
export { findNativeBinding } from './tensorflow/native-binding.js';
