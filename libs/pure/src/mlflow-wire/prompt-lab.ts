import { z } from 'zod';
import { limits } from './limits.js';
import { message } from './message.js';
import { entityKey, experimentId, truncatedText } from './names.js';
import { parameterError } from './parameter-error.js';
import { runTag } from './run-messages.js';
import { list, requiredTextUpTo, text, textUpTo, timestampMs } from './scalars.js';

function given<Field extends z.ZodType>(name: string, field: Field) {
  return z
    .unknown()
    .refine((value) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0), {
      error: () => `CreatePromptlabRun request must specify ${name}.`,
      abort: true,
    })
    .pipe(field);
}

const plainValue = z
  .union([z.string(), z.number(), z.boolean()], { error: parameterError })
  .transform(String)
  .pipe(truncatedText(limits.paramValue));
const setting = message({
  key: entityKey.describe('Name'),
  value: plainValue.default('').describe('Value'),
});
const longText = textUpTo(limits.modelJson);

/** What the prompt lab of MLflow's page keeps of one trial; missing fields are told in its own words, in this order. */
export const createPromptLabRunRequest = message({
  experiment_id: given('experiment_id', experimentId).describe('Experiment of the run'),
  prompt_template: given('prompt_template', requiredTextUpTo(limits.paramValue)).describe('Template of the prompt'),
  prompt_parameters: given(
    'prompt_parameters',
    z.array(setting, { error: parameterError }).max(limits.batchParams),
  ).describe('What was put into the template'),
  model_route: given('model_route', requiredTextUpTo(limits.paramValue)).describe('Endpoint of the model'),
  model_input: given('model_input', longText).describe('The prompt that was sent'),
  mlflow_version: given('mlflow_version', textUpTo(limits.entityKey)).describe('Version of the caller'),
  run_name: textUpTo(limits.runName).default('').describe('Name; absent: one is made up'),
  tags: list(runTag).describe('Tags to set'),
  model_parameters: list(setting).describe('Parameters of the model'),
  model_output: longText.optional().describe('What the model answered'),
  model_output_parameters: list(setting).describe('What was measured of the answer'),
  user_id: text.pipe(textUpTo(limits.userId)).default('unknown').describe('User, as the client names itself'),
  start_time: timestampMs.optional().describe('Started, in milliseconds since 1970; absent: now'),
});
export type CreatePromptLabRunRequest = z.infer<typeof createPromptLabRunRequest>;
