import { type CreatePromptLabRunRequest, mlflowVersion } from '@assay/pure/mlflow-wire';

const python = '3.11';
const requirement = `mlflow[gateway]==${mlflowVersion}`;
const buildTools = ['pip', 'setuptools', 'wheel'] as const;

/** Description of a trial's model, as the run's history of models has it. */
export interface ModelDescription {
  readonly artifact_path: string;
  readonly run_id: string;
  readonly utc_time_created: string;
  readonly model_uuid: string;
  readonly mlflow_version: string;
  readonly flavors: Readonly<Record<string, unknown>>;
}

/**
 * The files of a trial by their paths: what was asked and answered as a table, and a model that MLflow's `pyfunc` can load, which asks the same
 * endpoint again. YAML files hold JSON, which YAML is a superset of.
 */
export function promptLabFiles(
  trial: CreatePromptLabRunRequest,
  description: ModelDescription,
): ReadonlyMap<string, string> {
  const parameters = {
    prompt_template: trial.prompt_template,
    prompt_parameters: settings(trial.prompt_parameters),
    model_parameters: settings(trial.model_parameters),
    model_route: trial.model_route,
  };
  const environment = {
    name: 'mlflow-env',
    channels: ['conda-forge'],
    dependencies: [`python=${python}`, 'pip', { pip: [requirement] }],
  };
  return new Map([
    ['model/parameters.yaml', json(parameters)],
    ['model/conda.yaml', json(environment)],
    ['model/python_env.yaml', json({ python, build_dependencies: buildTools, dependencies: ['-r requirements.txt'] })],
    ['model/requirements.txt', `${requirement}\n`],
    ['model/MLmodel', json({ ...description, signature: signatureOf(trial) })],
    ['eval_results_table.json', JSON.stringify(tableOf(trial))],
  ]);
}

/** How MLflow loads the model of a trial. */
export const promptLabFlavors = {
  python_function: {
    loader_module: 'mlflow.prompt.promptlab_model',
    parameters_path: 'parameters.yaml',
    python_version: python,
    env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
  },
} as const;

function signatureOf(trial: CreatePromptLabRunRequest): Readonly<Record<string, string | null>> {
  const column = (name: string): object => ({ type: 'string', name, required: true });
  return {
    inputs: JSON.stringify(trial.prompt_parameters.map(({ key }) => column(key))),
    outputs: JSON.stringify([column('output')]),
    params: null,
  };
}

function tableOf(trial: CreatePromptLabRunRequest): object {
  const measured = trial.model_output_parameters;
  return {
    columns: [...trial.prompt_parameters.map(({ key }) => key), 'prompt', 'output', ...measured.map(({ key }) => key)],
    data: [
      [
        ...trial.prompt_parameters.map(({ value }) => value),
        trial.model_input,
        trial.model_output ?? null,
        ...measured.map(({ value }) => value),
      ],
    ],
  };
}

function settings(list: readonly { readonly key: string; readonly value: string }[]): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
